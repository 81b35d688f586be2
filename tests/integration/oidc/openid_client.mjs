// A program that signs people in by our server, played by openid-client: /start sends them there, /callback does all the
// rest that the standard knows and shows as JSON what came of it. Its settings come as JSON in the first argument.
import { createServer } from "node:http";
import * as client from "openid-client";

const { issuer, clientId, secret, port, scope } = JSON.parse(process.argv[2]);
const proof = secret ? client.ClientSecretBasic(secret) : client.None();
const server = await client.discovery(new URL(issuer), clientId, { client_id: clientId }, proof, {
  execute: [client.allowInsecureRequests], // plain http, on this machine only
});
const back = `http://127.0.0.1:${port}/callback`;
const verifier = client.randomPKCECodeVerifier();
const state = client.randomState();
const nonce = client.randomNonce();

async function start() {
  return client.buildAuthorizationUrl(server, {
    redirect_uri: back,
    scope,
    state,
    nonce,
    max_age: "600",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
}

async function finish(address) {
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, maxAge: 600, idTokenExpected: true };
  const tokens = await client.authorizationCodeGrant(server, address, checks);
  const claims = tokens.claims();
  const person = await client.fetchUserInfo(server, tokens.access_token, claims.sub);
  const orders = await client.fetchProtectedResource(server, tokens.access_token, new URL("/api/v1/orders/", issuer), "GET");
  const later = await client.refreshTokenGrant(server, tokens.refresh_token);
  const known = secret ? await client.tokenIntrospection(server, later.access_token) : { active: "not asked" };
  await client.tokenRevocation(server, later.access_token);
  const refused = await client
    .fetchProtectedResource(server, later.access_token, new URL("/api/v1/orders/", issuer), "GET")
    .then((answer) => answer.status, (error) => error.cause?.[0]?.parameters?.error ?? error.code ?? error.message);
  const replay = await client.refreshTokenGrant(server, tokens.refresh_token).catch((error) => error.error);
  const family = await client.refreshTokenGrant(server, later.refresh_token).catch((error) => error.error);
  return { claims, person, orders: orders.status, known: known.active, refused, replay, family };
}

const told = (error) => ({ error: error.error ?? error.code ?? String(error), cause: String(error.cause ?? "") });

createServer(async (request, response) => {
  const address = new URL(request.url, back);
  if (address.pathname === "/start") {
    response.writeHead(302, { location: (await start()).href }).end();
  } else if (address.pathname === "/callback") {
    const outcome = await finish(address).catch(told);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(outcome));
  } else {
    response.writeHead(204).end();
  }
}).listen(port, "127.0.0.1", () => console.log("ready"));
