// Loaded into a process (`node --import`), sets its clock ahead: what a machine without NTP comes to.
const aheadMilliseconds = 90_000
const RealDate = Date

globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + aheadMilliseconds)
    else super(...parts)
  }

  static now() {
    return RealDate.now() + aheadMilliseconds
  }
}
