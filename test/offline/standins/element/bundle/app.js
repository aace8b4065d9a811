import { authorizationUrl, findWayIn, randomText, signIn } from "./log-in.js"

const find = (id) => document.getElementById(id)
const say = (text) => {
  find("said").textContent = text
}

function showPassword({ homeserver }) {
  const form = find("password")
  form.hidden = false
  form.addEventListener("submit", async (event) => {
    event.preventDefault()
    const { username, password } = Object.fromEntries(new FormData(form))
    try {
      say(`Signed in as ${await signIn(homeserver, { username, password }, fetch)}`)
    } catch (error) {
      say(error.message)
    }
  })
}

async function showNative(way) {
  if (!way.clientId) return say(`config.json names no client for ${way.metadata.issuer}`)
  const verifier = randomText(crypto, 64)
  const leave = async () => location.assign(await authorizationUrl({ ...way, verifier }, location.href, crypto))
  if (way.immediately) return leave()
  find("continue").hidden = false
  find("continue").addEventListener("click", leave)
}

try {
  const way = await findWayIn(location.href, fetch)
  find("homeserver").textContent = way.homeserver
  if (way.kind === "native") await showNative(way)
  else if (way.kind === "password") showPassword(way)
  else say(`No way in that this page knows: ${way.flows.join(", ")}`)
} catch (error) {
  say(`Cannot reach homeserver: ${error.message}`)
}
