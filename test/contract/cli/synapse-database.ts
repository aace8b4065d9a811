import { synapseColumns } from "./recorded.ts"

/** `create table` for the tables of Synapse that matter here, without its indices. */
export function synapseSchema(): string {
  const tables = Map.groupBy(synapseColumns, ({ table }) => table)
  return [...tables]
    .map(([table, columns]) => {
      const lines = columns.map(
        ({ column, type, nullable, default: byDefault }) =>
          `${column} ${type}${nullable ? "" : " not null"}${byDefault ? ` default ${byDefault}` : ""}`,
      )
      return `create table ${table} (${lines.join(", ")});`
    })
    .join("\n")
}

/** Two people with one device and one token each: what the recording began with. */
export const twoPeople = `
  insert into users (name, password_hash, creation_ts) values
    ('@alice:ex.test', '$2b$12$abcdefghijklmnopqrstuuJ3MSjDoJL1Iqgu7c8SEnVdtNLLTqSgq', 1700000000),
    ('@bob:ex.test', '$2b$12$abcdefghijklmnopqrstuuJ3MSjDoJL1Iqgu7c8SEnVdtNLLTqSgq', 1700000001);
  insert into devices (user_id, device_id, display_name, hidden) values
    ('@alice:ex.test', 'AAAAAAAAAA', 'phone', false),
    ('@bob:ex.test', 'BBBBBBBBBB', 'laptop', false);
  insert into access_tokens (id, user_id, device_id, token) values
    (1, '@alice:ex.test', 'AAAAAAAAAA', 'syt_YWxpY2U_one_000001'),
    (2, '@bob:ex.test', 'BBBBBBBBBB', 'syt_Ym9i_two_000002');
`

/**
 * People of every kind, each with a device and a token: an administrator, someone deactivated, someone locked, a guest,
 * an application service's user; then what hangs loose: a token without its device row, one without any device, a
 * puppet's, a hidden device, a refreshable pair and one that was used up.
 */
export const everyKind = `
  insert into users (name, password_hash, creation_ts, admin, is_guest, deactivated, locked, appservice_id) values
    ('@admin:ex.test', 'hash-admin', 1600000000, 1, 0, 0, false, null),
    ('@gone:ex.test', null, 1600000001, 0, 0, 1, false, null),
    ('@locked:ex.test', 'hash-locked', 1600000002, 0, 0, 0, true, null),
    ('@4711:ex.test', null, 1600000003, 0, 1, 0, false, null),
    ('@bridge_bot:ex.test', null, 1600000004, 0, 0, 0, false, 'bridge'),
    ('@Xavier:ex.test', '', 1600000005, 0, 0, 0, false, null);
  insert into devices (user_id, device_id, display_name, last_seen, ip, user_agent, hidden)
    select name, 'DEV' || upper(substr(name, 2, 3)), 'of ' || name, 1700000000123, '192.0.2.7', 'agent', false from users;
  insert into devices (user_id, device_id, hidden) values
    ('@admin:ex.test', 'HIDDENKEYS', true), ('@admin:ex.test', 'SECOND', false), ('@admin:ex.test', 'guest_device', false),
    ('@locked:ex.test', 'REFRESH', false);
  update devices set ip = '-' where device_id = 'DEVXAV';
  insert into access_tokens (id, user_id, device_id, token, last_validated)
    select row_number() over (), user_id, device_id, 'syt_' || device_id, 1650000000000 from devices
    where device_id like 'DEV%';
  insert into access_tokens (id, user_id, device_id, token, valid_until_ms, puppets_user_id, refresh_token_id, used) values
    (100, '@admin:ex.test', 'VANISHED', 'syt_vanished', null, null, null, null),
    (101, '@admin:ex.test', null, 'syt_deviceless', null, null, null, null),
    (102, '@admin:ex.test', 'SECOND', 'syt_puppet', null, '@locked:ex.test', null, null),
    (103, '@locked:ex.test', 'REFRESH', 'syt_old', 1, null, 1, true),
    (104, '@locked:ex.test', 'REFRESH', 'syt_new', 4102444800000, null, 2, true);
  insert into refresh_tokens (id, user_id, device_id, token, next_token_id) values
    (1, '@locked:ex.test', 'REFRESH', 'syr_old', 2), (2, '@locked:ex.test', 'REFRESH', 'syr_new', null);
  insert into user_threepids (user_id, medium, address, validated_at, added_at) values
    ('@admin:ex.test', 'email', 'Admin@Ex.test', 1, 1600000000000), ('@gone:ex.test', 'email', 'gone@ex.test', 1, 2),
    ('@admin:ex.test', 'msisdn', '4912345', 1, 3), ('@bridge_bot:ex.test', 'email', 'bot@ex.test', 1, 4);
  insert into user_external_ids (auth_provider, external_id, user_id) values ('oidc-dex', 'subject-1', '@admin:ex.test');
`
