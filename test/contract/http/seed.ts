import type { Pool } from "pg"

/** The people of the recording, with the ids they had in it (each uuid is the ULID of its name in the recording). */
export const alice = "01a20a25-a910-13ef-cb4e-a24a86f5250e"
export const bob = "01a20a25-acf8-3bca-e370-4bb08d00fb4f"

/** What the recording calls by name and was there before its first exchange. */
export const seededNames = {
  "<shared-secret>": "abc",
  "<alice-migrated-token>": "syt_YWxpY2U_abcdefghijklmnopqrst_0a1b2c",
  "<bob-migrated-token>": "syt_Ym9i_abcdefghijklmnopqrst_3d4e5f",
  "<oauth-access_token>": "mat_ContractContractContractContra_aoaGS1",
  "<oauth-refresh_token>": "mar_ContractContractContractContra_0RYSj7",
}

/** bcrypt of `pw-alice` and `pw-bob`, as Synapse left them: scheme 1, without pepper. */
const passwords = [
  [alice, "$2b$04$0bJ5oBgJAxHbvVRhbF36COKfNoKgAau/3sNMMHN5/ffpY1olLBNsK"],
  [bob, "$2b$04$yO8I1CBe6JDBwI.H3h5baeAi4AwjYaww.Zz2Q4kTarVLGtwtxIkoW"],
]

/**
 * MAS's tables as the recording found them: two migrated users, a session each that came from Synapse with its token,
 * four of alice's that began since (two of them ended), and the OAuth session that bob's browser began.
 */
export async function seed(database: Pool): Promise<void> {
  await database.query("insert into users (user_id, username, created_at) values ($1, 'alice', $3), ($2, 'bob', $4)", [
    alice,
    bob,
    "2026-11-23T20:42:50Z",
    "2026-11-23T20:42:51Z",
  ])
  for (const [user, hash] of passwords) {
    await database.query(
      `insert into user_passwords (user_password_id, user_id, hashed_password, version, created_at)
       values (gen_random_uuid(), $1, $2, 1, '2026-11-23T20:42:50Z')`,
      [user, hash],
    )
  }
  await seedCompatSessions(database)
  await seedOAuthSession(database)
}

const sessions = [
  { id: "01a20a25-ac44-011e-fafd-996de6f5f524", user: alice, device: "HFAVRSYFHU", at: "2026-11-23T20:42:50.820Z" },
  { id: "01a20a25-ad00-0000-0000-000000000001", user: bob, device: "TUUPJGBXOH", at: "2026-11-23T20:42:51Z" },
  { id: "01a20a30-0000-0000-0000-000000000002", user: alice, device: "VjB2nmRPsA", at: "2026-11-23T20:50:00Z" },
  { id: "01a20a30-0000-0000-0000-000000000003", user: alice, device: "mnV1MfEDW6", at: "2026-11-23T20:51:00Z" },
  {
    id: "01a20a30-0000-0000-0000-000000000004",
    user: alice,
    device: "gone000001",
    at: "2026-11-23T20:52:00Z",
    ended: true,
  },
  {
    id: "01a20a30-0000-0000-0000-000000000005",
    user: alice,
    device: "gone000002",
    at: "2026-11-23T20:53:00Z",
    ended: true,
  },
]

async function seedCompatSessions(database: Pool): Promise<void> {
  for (const { id, user, device, at, ended } of sessions) {
    await database.query(
      `insert into compat_sessions (compat_session_id, user_id, device_id, created_at, finished_at)
       values ($1, $2, $3, $4, $5)`,
      [id, user, device, at, ended ? at : null],
    )
  }
  const tokens = [seededNames["<alice-migrated-token>"], seededNames["<bob-migrated-token>"]]
  for (const [index, token] of tokens.entries()) {
    await database.query(
      `insert into compat_access_tokens (compat_access_token_id, compat_session_id, access_token, created_at)
       values (gen_random_uuid(), $1, $2, '2026-11-23T20:42:51Z')`,
      [sessions[index]?.id, token],
    )
  }
}

async function seedOAuthSession(database: Pool): Promise<void> {
  const id = "01a20a34-52fa-0000-0000-000000000006"
  const token = "01a20a34-52fa-689c-0891-fe81e1cd8045"
  await database.query(
    `insert into oauth2_sessions (oauth2_session_id, oauth2_client_id, user_id, scope_list, created_at)
     values ($1, '0183f981-2184-9d5c-0272-038cfab3b138', $2, $3, now())`,
    [id, bob, ["openid", "urn:matrix:client:api:*", "urn:matrix:client:device:ABCDEFGHIJ"]],
  )
  await database.query(
    `insert into oauth2_access_tokens (oauth2_access_token_id, oauth2_session_id, access_token, created_at, expires_at)
     values ($1, $2, $3, now(), now() + interval '300 seconds')`,
    [token, id, seededNames["<oauth-access_token>"]],
  )
  await database.query(
    `insert into oauth2_refresh_tokens
       (oauth2_refresh_token_id, oauth2_session_id, oauth2_access_token_id, refresh_token, created_at)
     values ($1, $2, $3, $4, now())`,
    [token, id, token, seededNames["<oauth-refresh_token>"]],
  )
}
