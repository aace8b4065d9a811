/** What `git describe` said of the release whose contract this stand-in keeps. */
export const version = "v1.22.0"
