import { Command } from "commander"
import { execa } from "execa"
import { prepareToolchain } from "../toolchain/toolchain.ts"
import { prepareImages } from "./images.ts"

/**
 * For a lab that is brought up by hand: finds or builds its images and names those in the stack's config that are not
 * the official ones.
 */
const { stack } = new Command("lab:images")
  .requiredOption("--stack <name>", "the stack whose config is to name them")
  .parse()
  .opts<{ stack: string }>()

const say = (line: string) => void process.stderr.write(`${line}\n`)
const { environment, dockerCli } = await prepareToolchain(say)
const images = await prepareImages({ docker: dockerCli, environment, say })
for (const [name, reference] of Object.entries(images)) {
  await execa("pulumi", ["config", "set", "--stack", stack, "--path", `staging.images.${name}`, reference], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "inherit", "inherit"],
  })
  say(`${name}: ${reference}`)
}
