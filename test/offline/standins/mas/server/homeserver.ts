/** How MAS speaks to the homeserver: `matrix.kind`, of which `synapse` and `synapse_modern` are the same. */
export interface HomeserverSettings {
  readonly kind: "synapse" | "synapse_modern" | "synapse_legacy" | "synapse_read_only"
  readonly serverName: string
  /** `matrix.endpoint`; a path in it needs its trailing slash, as with the real one. */
  readonly endpoint: string
  readonly secret: string
}

/** Synapse's MAS API (`/_synapse/mas/…`, Synapse 1.135 and later; bodies as MAS 1.22 was seen to send them). */
export class Homeserver {
  readonly serverName: string
  readonly #settings: HomeserverSettings

  constructor(settings: HomeserverSettings) {
    this.serverName = settings.serverName
    this.#settings = settings
  }

  /** Whether the bearer is the homeserver itself. */
  knows(secret: string): boolean {
    return secret === this.#settings.secret
  }

  mxid(localpart: string): string {
    return `@${localpart}:${this.serverName}`
  }

  /** The localpart of one of our own ids; anything else comes back as it is. */
  localpart(user: string): string {
    const suffix = `:${this.serverName}`
    return user.startsWith("@") && user.endsWith(suffix) ? user.slice(1, -suffix.length) : user
  }

  async upsertDevice(localpart: string, deviceId: string, displayName: string | undefined): Promise<void> {
    await this.#post("upsert_device", {
      localpart,
      device_id: deviceId,
      ...(displayName === undefined ? {} : { display_name: displayName }),
    })
  }

  async syncDevices(localpart: string, devices: readonly string[]): Promise<void> {
    await this.#post("sync_devices", { localpart, devices })
  }

  async provisionUser(user: ProvisionedUser): Promise<void> {
    const { localpart, displayName, emails, locked } = user
    const named = displayName === undefined ? {} : { set_displayname: displayName }
    await this.#post("provision_user", { localpart, ...named, set_emails: emails, locked })
  }

  async deleteUser(localpart: string, erase: boolean): Promise<void> {
    await this.#post("delete_user", { localpart, erase })
  }

  async reactivateUser(localpart: string): Promise<void> {
    await this.#post("reactivate_user", { localpart })
  }

  /** While read-only (the homeserver still serves its own log-in) nothing is written: the call fails before it is made. */
  async #post(name: string, body: unknown): Promise<void> {
    const { kind, endpoint, secret } = this.#settings
    if (kind === "synapse_read_only") throw new Error(`${name} is not supported in read-only mode`)
    if (kind === "synapse_legacy") throw new Error(`${name}: this stand-in has no admin API of old (matrix.kind)`)
    const response = await fetch(new URL(`_synapse/mas/${name}`, endpoint), {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(30_000),
    })
    const said = await response.text()
    if (!response.ok) throw new Error(`${name}: the homeserver answered ${response.status} ${said.slice(0, 200)}`)
  }
}

export interface ProvisionedUser {
  readonly localpart: string
  readonly displayName: string | undefined
  readonly emails: readonly string[]
  readonly locked: boolean
}
