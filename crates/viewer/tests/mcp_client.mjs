// A client of the Model Context Protocol as others write them: the official SDK, which `crates/viewer/browser/install` brings.
//
// Reads { url, token, calls: [[tool, arguments], …] } as its argument, and writes what the server is and has, and the answers, as JSON.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const { url, token, calls } = JSON.parse(process.argv[2]);
const client = new Client({ name: "test", version: "1" });
const headers = token ? { Authorization: `Bearer ${token}` } : {};
await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
const { tools } = await client.listTools();
const answers = [];
for (const [name, given] of calls) {
  const { content, isError } = await client.callTool({ name, arguments: given });
  answers.push({ text: content.map((part) => part.text).join(""), isError: isError === true });
}
console.log(JSON.stringify({ server: client.getServerVersion(), instructions: client.getInstructions(), tools, answers }));
await client.close();
