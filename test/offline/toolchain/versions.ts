/**
 * What the lab's toolchain is made of. The go.mod files beside this say the same for what is built from Go modules;
 * a test holds the two together, and the plugins to the npm packages they serve.
 */
export const versions = {
  /** Pulumi: downloaded, or built where the download host is out of reach. On PATH, anything from here on will do. */
  pulumi: "3.259.0",
  /** Newest Node language host that the Go module proxy serves. */
  languageHost: "3.68.0",
  dockerPlugin: "5.2.0",
  commandPlugin: "1.2.1",
  /** Checks the workflows of CI. */
  actionlint: "1.7.12",
  /** Brings GitLab's own schema of its CI's files. */
  gitlabCiLocal: "4.75.1",
  /** Builds the above where there is no Go, or an older one. */
  go: "1.26.8",
  goAtLeast: "1.26.0",
} as const
