import type { Addresses } from "./layout.ts"

/** What clients find under the server's name. Two more keys than needed, as people have them. */
export function clientWellKnown({ homeserverUrl }: Addresses): string {
  return `{
  "m.homeserver": {
    "base_url": "${homeserverUrl}"
  },
  "org.matrix.msc4143.rtc_foci": [
    {"type": "livekit", "livekit_service_url": "${homeserverUrl}/livekit/jwt"}
  ]
}
`
}

/** What other servers find under the server's name. */
export function serverWellKnown({ homeserverUrl }: Addresses): string {
  return `{ "m.server": "${new URL(homeserverUrl).host}" }\n`
}

/** Element's config.json, for the version that still hides the native flow behind a feature. */
export function elementConfig({ serverName, homeserverUrl }: Addresses): string {
  return `{
    "default_server_config": {
        "m.homeserver": {
            "base_url": "${homeserverUrl}",
            "server_name": "${serverName}"
        }
    },
    "brand": "Element",
    "disable_guests": true,
    "disable_3pid_login": true,
    "default_theme": "light",
    "features": {
        "feature_video_rooms": true
    },
    "setting_defaults": {
        "breadcrumbs": true
    },
    "show_labs_settings": false,
    "room_directory": {
        "servers": ["${serverName}"]
    }
}
`
}
