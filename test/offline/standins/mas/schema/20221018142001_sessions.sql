-- The log-ins of Matrix clients by the old API, and OAuth clients with their sessions.
create table compat_sessions (
  compat_session_id uuid not null constraint compat_sessions_pkey primary key,
  user_id uuid not null constraint compat_sessions_user_id_fkey references users (user_id),
  device_id text,
  created_at timestamptz not null,
  finished_at timestamptz,
  is_synapse_admin boolean not null default false,
  last_active_at timestamptz,
  last_active_ip inet,
  user_session_id uuid constraint compat_sessions_user_session_id_fkey references user_sessions (user_session_id),
  user_agent text,
  human_name text
);

create table compat_access_tokens (
  compat_access_token_id uuid not null constraint compat_access_tokens_pkey primary key,
  compat_session_id uuid not null
    constraint compat_access_tokens_compat_session_id_fkey references compat_sessions (compat_session_id),
  access_token text not null constraint compat_access_tokens_access_token_unique unique,
  created_at timestamptz not null,
  expires_at timestamptz
);

create table compat_refresh_tokens (
  compat_refresh_token_id uuid not null constraint compat_refresh_tokens_pkey primary key,
  compat_session_id uuid not null
    constraint compat_refresh_tokens_compat_session_id_fkey references compat_sessions (compat_session_id),
  compat_access_token_id uuid not null constraint compat_refresh_tokens_compat_access_token_id_fkey
    references compat_access_tokens (compat_access_token_id),
  refresh_token text not null constraint compat_refresh_tokens_refresh_token_unique unique,
  created_at timestamptz not null,
  consumed_at timestamptz
);

create table compat_sso_logins (
  compat_sso_login_id uuid not null constraint compat_sso_logins_pkey primary key,
  redirect_uri text not null,
  login_token text not null constraint compat_sessions_login_token_unique unique,
  compat_session_id uuid constraint compat_sso_logins_compat_session_id_fkey
    references compat_sessions (compat_session_id) on delete set null,
  created_at timestamptz not null,
  fulfilled_at timestamptz,
  exchanged_at timestamptz,
  user_session_id uuid constraint compat_sso_logins_user_session_id_fkey
    references user_sessions (user_session_id) on delete cascade
);

create table oauth2_clients (
  oauth2_client_id uuid not null constraint oauth2_clients_pkey primary key,
  encrypted_client_secret text,
  grant_type_authorization_code boolean not null,
  grant_type_refresh_token boolean not null,
  client_name text,
  logo_uri text,
  client_uri text,
  policy_uri text,
  tos_uri text,
  jwks_uri text,
  jwks jsonb,
  id_token_signed_response_alg text,
  token_endpoint_auth_method text,
  token_endpoint_auth_signing_alg text,
  initiate_login_uri text,
  userinfo_signed_response_alg text,
  created_at timestamptz,
  is_static boolean not null default false,
  redirect_uris text[] not null default '{}',
  application_type text,
  contacts text[] not null default '{}',
  grant_type_client_credentials boolean not null default false,
  grant_type_device_code boolean not null default false,
  metadata_digest text constraint oauth2_clients_metadata_digest_key unique
);

create table oauth2_sessions (
  oauth2_session_id uuid not null constraint oauth2_sessions_pkey primary key,
  user_session_id uuid constraint oauth2_sessions_user_session_id_fkey references user_sessions (user_session_id),
  oauth2_client_id uuid not null
    constraint oauth2_sessions_oauth2_client_id_fkey references oauth2_clients (oauth2_client_id),
  created_at timestamptz not null,
  finished_at timestamptz,
  user_id uuid constraint oauth2_sessions_user_id_fkey references users (user_id) on delete cascade,
  scope_list text[] not null,
  last_active_at timestamptz,
  last_active_ip inet,
  user_agent text,
  human_name text
);

create table oauth2_access_tokens (
  oauth2_access_token_id uuid not null constraint oauth2_access_tokens_pkey primary key,
  oauth2_session_id uuid not null
    constraint oauth2_access_tokens_oauth2_session_id_fkey references oauth2_sessions (oauth2_session_id),
  access_token text not null constraint oauth2_access_tokens_unique unique,
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  first_used_at timestamptz
);

create table oauth2_refresh_tokens (
  oauth2_refresh_token_id uuid not null constraint oauth2_refresh_tokens_pkey primary key,
  oauth2_session_id uuid not null
    constraint oauth2_access_tokens_oauth2_session_id_fkey references oauth2_sessions (oauth2_session_id),
  oauth2_access_token_id uuid constraint oauth2_refresh_tokens_oauth2_access_token_id_fkey
    references oauth2_access_tokens (oauth2_access_token_id) on delete set null,
  refresh_token text not null constraint oauth2_refresh_tokens_unique unique,
  created_at timestamptz not null,
  consumed_at timestamptz,
  revoked_at timestamptz,
  next_oauth2_refresh_token_id uuid constraint oauth2_refresh_tokens_next_oauth2_refresh_token_id_fkey
    references oauth2_refresh_tokens (oauth2_refresh_token_id) on delete set null
);

create table oauth2_authorization_grants (
  oauth2_authorization_grant_id uuid not null constraint oauth2_authorization_grants_pkey primary key,
  oauth2_client_id uuid not null constraint tbl_oauth2_client_fkey references oauth2_clients (oauth2_client_id),
  oauth2_session_id uuid constraint tbl_oauth2_session_fkey references oauth2_sessions (oauth2_session_id),
  authorization_code text constraint oauth2_authorization_grants_authorization_code_unique unique,
  redirect_uri text not null,
  scope text not null,
  state text,
  nonce text,
  response_mode text not null,
  code_challenge_method text,
  code_challenge text,
  response_type_code boolean not null,
  response_type_id_token boolean not null,
  created_at timestamptz not null,
  fulfilled_at timestamptz,
  cancelled_at timestamptz,
  exchanged_at timestamptz,
  login_hint text,
  locale text,
  user_session_id uuid constraint oauth2_authorization_grants_user_session_id_fkey
    references user_sessions (user_session_id) on delete set null,
  raw_parameters jsonb
);

create table oauth2_device_code_grant (
  oauth2_device_code_grant_id uuid not null constraint oauth2_device_code_grant_pkey primary key,
  oauth2_client_id uuid not null constraint oauth2_device_code_grant_oauth2_client_id_fkey
    references oauth2_clients (oauth2_client_id) on delete cascade,
  scope text not null,
  user_code text not null constraint oauth2_device_code_grant_user_code_key unique,
  device_code text not null constraint oauth2_device_code_grant_device_code_key unique,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  fulfilled_at timestamptz,
  rejected_at timestamptz,
  exchanged_at timestamptz,
  oauth2_session_id uuid constraint oauth2_device_code_grant_oauth2_session_id_fkey
    references oauth2_sessions (oauth2_session_id) on delete cascade,
  user_session_id uuid
    constraint oauth2_device_code_grant_user_session_id_fkey references user_sessions (user_session_id),
  ip_address inet,
  user_agent text,
  locale text
);

create table personal_sessions (
  personal_session_id uuid not null constraint personal_sessions_pkey primary key,
  owner_user_id uuid constraint personal_sessions_owner_user_id_fkey references users (user_id),
  owner_oauth2_client_id uuid
    constraint personal_sessions_owner_oauth2_client_id_fkey references oauth2_clients (oauth2_client_id),
  actor_user_id uuid not null constraint personal_sessions_actor_user_id_fkey references users (user_id),
  human_name text not null,
  scope_list text[] not null,
  created_at timestamptz not null,
  revoked_at timestamptz,
  last_active_at timestamptz,
  last_active_ip inet,
  constraint personal_sessions_exactly_one_owner
    check ((owner_user_id is null) <> (owner_oauth2_client_id is null))
);

create table personal_access_tokens (
  personal_access_token_id uuid not null constraint personal_access_tokens_pkey primary key,
  personal_session_id uuid not null
    constraint personal_access_tokens_personal_session_id_fkey references personal_sessions (personal_session_id),
  access_token_sha256 bytea not null constraint personal_access_tokens_access_token_sha256_key unique
    constraint personal_access_tokens_access_token_sha256_check check (octet_length(access_token_sha256) = 32),
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz
);
