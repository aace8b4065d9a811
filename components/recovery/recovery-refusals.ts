import { Refusal } from "../report/refusal.ts"

/** Somebody is at work on the stack, on this machine and now. */
export function atWork(stack: string, holder: string): Refusal {
  return new Refusal({
    code: "recover/at-work",
    what: `Somebody is at work on the stack ${stack}: ${holder}`,
    meaning: "Nothing was cleared away that is theirs.",
    next: "Wait until that run has ended. If it hangs, end it (Ctrl-C there, or `kill` with that process's number), then run this again.",
  })
}

/** A lock that was taken where we cannot look. */
export function holderUnknown(stack: string, holder: string): Refusal {
  return new Refusal({
    code: "recover/holder-unknown",
    what: `The stack ${stack} is locked, and whether its holder is dead cannot be seen from here: ${holder}`,
    meaning: "Pulumi's lock and state were left alone. What was left open on the host is settled.",
    next: "Look on that machine. If no `pulumi` runs there any more: `npm run recover -- --stack NAME --holder-is-dead`.",
  })
}

/** Pulumi itself goes by the folder that it runs in. */
export function noProject(folder: string, stack: string): Refusal {
  return new Refusal({
    code: "recover/no-project",
    what: `${folder} is not the folder of a project: it has no Pulumi.yaml that names one`,
    where: { file: `${folder}/Pulumi.yaml` },
    meaning: "Nothing was looked at and nothing was changed.",
    next: `Go to the folder in which \`pulumi up\` was run, and there: \`npm run recover -- --stack ${stack || "NAME"}\`.`,
  })
}

/** The stack is named with a project, and the folder is another one's. */
export function otherProject(folder: string, project: string, stack: string): Refusal {
  return new Refusal({
    code: "recover/no-project",
    what: `${folder} is the folder of the project ${project}, and not of the one that ${stack} names`,
    where: { file: `${folder}/Pulumi.yaml` },
    meaning: "Nothing was looked at and nothing was changed.",
    next: `Go to the folder in which \`pulumi up\` was run, and there: \`npm run recover -- --stack ${stack}\`.`,
  })
}

/** Without the locks nobody knows whether somebody is at work. */
export function locksUnseen(folder: string, cause: unknown): Refusal {
  const said = (cause as NodeJS.ErrnoException).code ?? "it is no folder"
  return new Refusal({
    code: "recover/pulumi-failed",
    what: `Where Pulumi keeps its locks cannot be looked into (${said})`,
    where: { file: folder },
    meaning: "Nothing was changed: whether somebody is at work on the stack is not known.",
    next: "Run it as the user who runs `pulumi up`, or mend that folder; then run this again.",
    cause,
  })
}

/** Whether it is for somebody else's sake that we stop, rather than for a failure. */
export function isRefusal(error: unknown): boolean {
  const codes = ["recover/at-work", "recover/holder-unknown", "host/lock-busy"]
  return error instanceof Refusal && codes.includes(error.code)
}
