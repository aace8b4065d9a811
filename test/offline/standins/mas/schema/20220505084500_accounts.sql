-- People, what they prove themselves with, and their browser sessions.
create extension if not exists pg_trgm;

create table users (
  user_id uuid not null constraint users_pkey primary key,
  username text not null constraint users_username_unique unique,
  created_at timestamptz not null,
  locked_at timestamptz,
  can_request_admin boolean not null default false,
  is_guest boolean not null default false,
  deactivated_at timestamptz
);

create table user_passwords (
  user_password_id uuid not null constraint user_passwords_pkey primary key,
  user_id uuid not null constraint user_passwords_user_id_fkey references users (user_id),
  hashed_password text not null,
  created_at timestamptz not null,
  version integer not null,
  upgraded_from_id uuid
    constraint user_passwords_upgraded_from_id_fkey references user_passwords (user_password_id) on delete set null
);

create table user_emails (
  user_email_id uuid not null constraint user_emails_pkey primary key,
  user_id uuid not null constraint user_emails_user_id_fkey references users (user_id) on delete cascade,
  email text not null,
  created_at timestamptz not null
);

create table user_unsupported_third_party_ids (
  user_id uuid not null
    constraint user_unsupported_third_party_ids_user_id_fkey references users (user_id) on delete cascade,
  medium text not null,
  address text not null,
  created_at timestamptz not null,
  constraint user_unsupported_third_party_ids_pkey primary key (user_id, medium, address)
);

create table user_sessions (
  user_session_id uuid not null constraint user_sessions_pkey primary key,
  user_id uuid not null constraint user_sessions_user_id_fkey references users (user_id),
  created_at timestamptz not null,
  finished_at timestamptz,
  user_agent text,
  last_active_at timestamptz,
  last_active_ip inet
);

create table user_terms (
  user_terms_id uuid not null constraint user_terms_pkey primary key,
  user_id uuid not null constraint user_terms_user_id_fkey references users (user_id) on delete cascade,
  terms_url text not null,
  created_at timestamptz not null,
  constraint user_terms_user_id_terms_url_key unique (user_id, terms_url)
);

create table upstream_oauth_providers (
  upstream_oauth_provider_id uuid not null constraint upstream_oauth_providers_pkey primary key,
  issuer text,
  scope text not null,
  client_id text not null,
  encrypted_client_secret text,
  token_endpoint_signing_alg text,
  token_endpoint_auth_method text not null,
  created_at timestamptz not null,
  claims_imports jsonb not null default '{}',
  jwks_uri_override text,
  authorization_endpoint_override text,
  token_endpoint_override text,
  discovery_mode text not null default 'oidc',
  pkce_mode text not null default 'auto',
  human_name text,
  brand_name text,
  additional_parameters jsonb,
  disabled_at timestamptz,
  response_mode text default 'query',
  fetch_userinfo boolean not null default false,
  userinfo_endpoint_override text,
  id_token_signed_response_alg text not null default 'RS256',
  userinfo_signed_response_alg text,
  ui_order integer not null default 0,
  forward_login_hint boolean not null default false,
  on_backchannel_logout text not null default 'do_nothing',
  registration_token_required boolean not null default false
);

create table upstream_oauth_links (
  upstream_oauth_link_id uuid not null constraint upstream_oauth_links_pkey primary key,
  upstream_oauth_provider_id uuid not null
    constraint upstream_oauth_links_provider_fkey references upstream_oauth_providers (upstream_oauth_provider_id),
  user_id uuid constraint upstream_oauth_link_user_fkey references users (user_id),
  subject text not null,
  created_at timestamptz not null,
  human_account_name text,
  constraint upstream_oauth_links_subject_unique unique (upstream_oauth_provider_id, subject)
);

create table upstream_oauth_authorization_sessions (
  upstream_oauth_authorization_session_id uuid not null
    constraint upstream_oauth_authorization_sessions_pkey primary key,
  upstream_oauth_provider_id uuid not null constraint upstream_oauth_authorization_sessions_provider_fkey
    references upstream_oauth_providers (upstream_oauth_provider_id),
  upstream_oauth_link_id uuid constraint upstream_oauth_authorization_sessions_link_fkey
    references upstream_oauth_links (upstream_oauth_link_id),
  id_token text,
  state text not null constraint upstream_oauth_authorization_sessions_state_unique unique,
  code_challenge_verifier text,
  nonce text,
  created_at timestamptz not null,
  completed_at timestamptz,
  consumed_at timestamptz,
  extra_callback_parameters jsonb,
  userinfo jsonb,
  unlinked_at timestamptz,
  id_token_claims jsonb,
  user_session_id uuid constraint upstream_oauth_authorization_sessions_user_session_id_fkey
    references user_sessions (user_session_id) on delete set null
);

create table user_session_authentications (
  user_session_authentication_id uuid not null constraint user_session_authentications_pkey primary key,
  user_session_id uuid not null
    constraint user_session_authentications_user_session_id_fkey references user_sessions (user_session_id),
  created_at timestamptz not null,
  user_password_id uuid constraint user_session_authentications_user_password_id_fkey
    references user_passwords (user_password_id) on delete set null,
  upstream_oauth_authorization_session_id uuid
    constraint user_session_authentications_upstream_oauth_authorization__fkey
    references upstream_oauth_authorization_sessions (upstream_oauth_authorization_session_id) on delete set null
);

create table user_recovery_sessions (
  user_recovery_session_id uuid not null constraint user_recovery_sessions_pkey primary key,
  email text not null,
  user_agent text not null,
  ip_address inet,
  locale text not null,
  created_at timestamptz not null,
  consumed_at timestamptz
);

create table user_recovery_tickets (
  user_recovery_ticket_id uuid not null constraint user_recovery_tickets_pkey primary key,
  user_recovery_session_id uuid not null constraint user_recovery_tickets_user_recovery_session_id_fkey
    references user_recovery_sessions (user_recovery_session_id) on delete cascade,
  user_email_id uuid not null
    constraint user_recovery_tickets_user_email_id_fkey references user_emails (user_email_id) on delete cascade,
  ticket text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
