import { isReadDevice, isReadToken, localpart, type RowKind, readPairs, stays } from "./row-kinds.ts"

const halfWay = "syn2mas check passes over it, and syn2mas migrate fails half-way"

const serverOf = (name: string) => `substr(${name}, strpos(${name}, ':') + 1)`

/** An application service's account with a colon too many: passed over, as long as nothing is its own. */
const isOddButPassedOver = `u.appservice_id IS NOT NULL AND right(u.name, length($1) + 1) = ':' || $1
  AND ${serverOf("u.name")} <> $1`

/** About accounts, and how their people log in. */
export const accountKinds: readonly RowKind[] = [
  {
    name: "foreign-accounts",
    severity: "error",
    meaning: `accounts of another server name, or without a proper one: ${halfWay}`,
    next: "See where they come from; they cannot be taken over.",
    parameters: ["serverName"],
    sql: `SELECT coalesce(u.name, '(no name)') AS which FROM users u
      WHERE (u.name IS NULL OR left(u.name, 1) <> '@' OR strpos(u.name, ':') = 0 OR ${serverOf("u.name")} <> $1)
        AND (${isOddButPassedOver}) IS NOT TRUE`,
  },
  {
    name: "service-accounts-with-colon",
    severity: "error",
    meaning: `accounts of application services with a colon in their name, and rows of their own: ${halfWay}`,
    next: "Look at these rows, then delete them from Synapse's devices, access_tokens and user_threepids.",
    parameters: ["serverName"],
    sql: `SELECT u.name AS which FROM users u WHERE ${isOddButPassedOver} AND (
      EXISTS (SELECT FROM user_threepids t WHERE t.user_id = u.name)
      OR EXISTS (SELECT FROM user_external_ids t WHERE t.user_id = u.name)
      OR EXISTS (SELECT FROM devices d WHERE d.user_id = u.name AND ${isReadDevice})
      OR EXISTS (SELECT FROM access_tokens t WHERE t.user_id = u.name AND ${isReadToken})
      OR EXISTS (SELECT FROM ${readPairs} AND t.user_id = u.name))`,
  },
  {
    name: "odd-creation-times",
    severity: "error",
    meaning: `accounts without a time of their creation, or with one after 2262 (milliseconds, perhaps): ${halfWay}`,
    next: "Give them one, in seconds since 1970 (UPDATE users SET creation_ts = … WHERE name = …).",
    // Read as nanoseconds in 64 bits; NULL is not reckoned with (both seen with MAS 1.22.0).
    sql: "SELECT u.name AS which FROM users u WHERE u.creation_ts IS NULL OR abs(u.creation_ts) > 9223372036",
  },
  {
    name: "provider-not-in-synapse",
    severity: "error",
    meaning: "external ids of a provider that homeserver.yaml does not have: syn2mas check refuses them",
    next: "Put the provider back into homeserver.yaml and into MAS's config. Where it is gone for good, see that its people have another way to log in, then delete its rows from Synapse's user_external_ids.",
    parameters: ["synapseProviders"],
    sql: `SELECT t.user_id || ' at ' || t.auth_provider AS which FROM user_external_ids t
      WHERE t.auth_provider <> ALL ($1::text[]) AND t.auth_provider <> 'oauth-delegated'`,
  },
  {
    name: "provider-not-in-mas",
    severity: "error",
    meaning: "external ids of a provider that MAS's config does not have: syn2mas check refuses them",
    next: "Write the provider into MAS's upstream_oauth2.providers, with this name as its synapse_idp_id.",
    parameters: ["synapseProviders", "masProviders"],
    sql: `SELECT t.user_id || ' at ' || t.auth_provider AS which FROM user_external_ids t
      WHERE t.auth_provider = ANY ($1::text[]) AND t.auth_provider <> ALL ($2::text[])`,
  },
  {
    name: "earlier-delegation",
    severity: "error",
    meaning: "accounts that an earlier MAS was mapped to (auth_provider oauth-delegated): syn2mas refuses them",
    next: "DELETE FROM user_external_ids WHERE auth_provider = 'oauth-delegated', in Synapse's database.",
    sql: "SELECT user_id AS which FROM user_external_ids WHERE auth_provider = 'oauth-delegated'",
  },
  {
    name: "names-equal-but-for-case",
    severity: "warning",
    meaning:
      "accounts whose names differ in capitals only: MAS lets each in by its exact name, and nobody by any other",
    next: "Tell their people to mind the capitals, or deactivate all but one of each.",
    sql: `SELECT u.name AS which FROM users u WHERE u.appservice_id IS NULL AND EXISTS
      (SELECT FROM users o WHERE o.name <> u.name AND lower(o.name) = lower(u.name) AND o.appservice_id IS NULL)`,
  },
  {
    name: "odd-names",
    severity: "warning",
    meaning:
      "names with capitals or characters that Matrix no longer allows, or too long: taken as they are, and whether MAS lets them log in is not sure",
    next: "Try one of them on staging first.",
    sql: `SELECT u.name AS which FROM users u WHERE u.appservice_id IS NULL AND u.is_guest = 0
      AND (${localpart} !~ '^[a-z0-9._=/+-]+$' OR octet_length(u.name) > 255)`,
  },
  {
    name: "e-mails-equal-but-for-case",
    severity: "warning",
    meaning:
      "e-mail addresses that differ in capitals only: MAS takes them for one, and finds nobody by it, at log-in as in recovery",
    next: "Delete all but one of each from Synapse's user_threepids, if people log in by e-mail.",
    sql: `SELECT t.user_id AS which FROM user_threepids t JOIN users u ON u.name = t.user_id
      WHERE u.appservice_id IS NULL AND t.medium = 'email' AND EXISTS
      (SELECT FROM user_threepids o JOIN users p ON p.name = o.user_id WHERE p.appservice_id IS NULL
        AND o.medium = 'email' AND o.address <> t.address AND lower(o.address) = lower(t.address))`,
  },
  {
    name: "nobody-can-log-in",
    severity: "warning",
    meaning: "accounts with neither password nor external id: nobody can log in to them with MAS",
    next: "Give them a password first, if somebody should.",
    sql: `SELECT u.name AS which FROM users u WHERE ${stays} AND coalesce(u.password_hash, '') = ''
      AND NOT EXISTS (SELECT FROM user_external_ids e WHERE e.user_id = u.name)`,
  },
  {
    name: "not-approved",
    severity: "warning",
    meaning: "accounts that wait for approval: MAS knows no approval and lets them in",
    next: "Approve or deactivate them first.",
    sql: "SELECT u.name AS which FROM users u WHERE u.approved = false AND u.appservice_id IS NULL AND u.deactivated = 0",
  },
  {
    name: "shadow-banned",
    severity: "warning",
    meaning: "accounts under a shadow ban: a delegated Synapse does not heed it, and everybody sees what they send",
    next: "Lock or deactivate those who should not go on.",
    sql: `SELECT u.name AS which FROM users u WHERE u.shadow_banned AND ${stays}`,
  },
  {
    name: "guests",
    severity: "warning",
    meaning: "guests: taken over as accounts, without their sessions",
    next: "Nothing, if they may stay behind.",
    // As syn2mas counts them, since one acknowledgement stands for both.
    sql: "SELECT coalesce(u.name, '(no name)') AS which FROM users u WHERE u.is_guest <> 0",
  },
  {
    name: "phone-numbers",
    severity: "warning",
    meaning: "phone numbers and the like: kept, and not supported by MAS",
    next: "Nothing, if nobody needs them.",
    // As syn2mas counts them: those of application services, which it leaves out, as well.
    sql: "SELECT t.user_id AS which FROM user_threepids t WHERE t.medium <> 'email'",
  },
  {
    name: "service-accounts",
    severity: "note",
    meaning: "accounts of application services: they stay Synapse's own, as does all that is theirs",
    next: "Nothing.",
    sql: "SELECT coalesce(u.name, '(no name)') AS which FROM users u WHERE u.appservice_id IS NOT NULL",
  },
]
