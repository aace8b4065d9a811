import type { Argv } from "./host.ts"

/** How to reach a service: plain JSON, without secrets. By default a named container of Docker. */
export interface ServiceAddress {
  /** For people, and the container's name unless `container` is given. @example "synapse" */
  readonly name: string
  /** @example "element_matrix_chat-synapse-1" */
  readonly container?: string
  /** A command line that speaks as docker's does. Default: `["docker"]`. @example ["sudo", "podman"] */
  readonly engine?: Argv
  /** What takes the place of the engine's own commands, for systemd, kubectl and the like. */
  readonly commands?: ServiceCommands
}

/** Each is a whole command; no shell reads it. */
export interface ServiceCommands {
  /**
   * Put before a program and its arguments, runs it where the service's own program would run, standard input
   * included. Default: `docker exec -i CONTAINER`. @example ["kubectl", "exec", "-i", "deploy/mas", "--"]
   */
  readonly cli?: Argv
  readonly start?: Argv
  readonly stop?: Argv
  readonly restart?: Argv
  /**
   * Prints the service's log; `{since}` in an argument becomes a time, such as `2026-11-23T20:15:00.000Z`.
   * @example ["journalctl", "--unit", "mas", "--output", "cat", "--since", "{since}"]
   */
  readonly logs?: Argv
}

/** What is done to a service, or asked of it: by the engine, unless a command of its own takes its place. */
export const serviceVerbs = [
  "cli",
  "start",
  "stop",
  "restart",
  "logs",
] as const satisfies readonly (keyof ServiceCommands)[]

/** Whether the engine has anything to do with it: then its container has to be there. */
export function usesEngine({ commands = {} }: ServiceAddress): boolean {
  return serviceVerbs.some((verb) => commands[verb] === undefined)
}

/** Name of the service's container. */
export function containerOf({ container, name }: ServiceAddress): string {
  return container ?? name
}

/** The engine's command line before its own words. */
export function engineOf({ engine }: ServiceAddress): Argv {
  return engine ?? ["docker"]
}
