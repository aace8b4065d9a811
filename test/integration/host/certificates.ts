import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { execa } from "execa"

/** A certificate for localhost that signs itself, and its key: files in the folder, and the certificate's text. */
export async function selfSigned(folder: string): Promise<{ key: string; certificate: string; text: string }> {
  const [key, certificate] = [join(folder, "server.key"), join(folder, "server.crt")]
  const what = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
  const whom = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
  await execa("openssl", ["req", "-x509", ...what, ...whom, "-keyout", key, "-out", certificate])
  return { key, certificate, text: await readFile(certificate, "utf8") }
}
