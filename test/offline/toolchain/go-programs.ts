import type { GoProgram } from "./go.ts"
import { versions } from "./versions.ts"

export const cli: GoProgram = {
  title: `the Pulumi CLI ${versions.pulumi}`,
  folder: "cli",
  package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
  program: "pulumi",
  flags: [`-ldflags=-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${versions.pulumi}`],
  beside: { module: "github.com/pulumi/pulumi/sdk/v3", path: "nodejs/dist/pulumi-resource-pulumi-nodejs" },
}

export const languageHost: GoProgram = {
  title: `Pulumi's Node language host ${versions.languageHost}`,
  folder: "language-host",
  package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
  program: "pulumi-language-nodejs",
  flags: ["-ldflags=-s -w"],
}

export const dockerPlugin: GoProgram = {
  title: `the Docker provider's plugin ${versions.dockerPlugin}`,
  folder: "docker-plugin",
  package: ".",
  program: "pulumi-resource-docker",
  // The provider's own switch: without its compose resource, and what that needs.
  flags: ["-tags=no_compose", "-ldflags=-s -w"],
}

/** Checks workflows of GitHub Actions, and of Forgejo's as far as they are the same. */
export const actionlint: GoProgram = {
  title: `actionlint ${versions.actionlint}`,
  folder: "actionlint",
  package: "github.com/rhysd/actionlint/cmd/actionlint",
  program: "actionlint",
  flags: ["-ldflags=-s -w"],
}
