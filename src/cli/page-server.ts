import type { Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { SeccompSimError } from "../errors.js";

const HOST = "127.0.0.1";

/** What the page is served with: its own policy, no guests, and memory that it may share with its workers. */
function headersFor(page: string): Readonly<Record<string, string>> {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1];
  return {
    "content-security-policy": `${policy ?? "default-src 'none'"}; frame-ancestors 'none'`,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
  };
}

/**
 * Serves one page on localhost, and nothing else. `/` leads to the page with its fragment, so that the
 * address stays short. Requests by another name than localhost's are refused: a foreign site could make
 * its name point here.
 */
export async function servePage(
  page: string,
  fragment: string | undefined,
  port: number,
): Promise<{ server: Server; address: string }> {
  // Slow to load, and for this command only.
  const { createServer } = await import("node:http");
  const headers = headersFor(page);
  const body = Buffer.from(page);
  const refuse = (response: ServerResponse, status: number, text: string): void => {
    response.writeHead(status, { ...headers, "content-type": "text/plain" }).end(`${text}\n`);
  };
  const server = createServer((request, response) => {
    const { port: own } = server.address() as AddressInfo;
    const names = [
      `${HOST}:${own}`,
      `localhost:${own}`,
      ...(own === 80 ? [HOST, "localhost"] : []),
    ];
    if (!names.includes(request.headers.host ?? "")) {
      refuse(response, 421, "this server answers to localhost only");
    } else if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      refuse(response, 405, "this server only gives a page");
    } else if (request.url === "/" && fragment !== undefined) {
      response.writeHead(302, { ...headers, location: `/page#${fragment}` }).end();
    } else if (request.url === "/" || request.url === "/page") {
      response
        .writeHead(200, {
          ...headers,
          "content-type": "text/html; charset=utf-8",
          "content-length": body.length,
        })
        .end(request.method === "HEAD" ? undefined : body);
    } else refuse(response, 404, "there is nothing here");
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => reject(cannotListen(port, cause)));
    server.listen(port, HOST, resolve);
  });
  return { server, address: `http://${HOST}:${(server.address() as AddressInfo).port}/` };
}

function cannotListen(port: number, cause: NodeJS.ErrnoException): SeccompSimError {
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: "another program uses it",
    EACCES: "permission denied",
  };
  return new SeccompSimError("port", `port ${port}: ${why[cause.code ?? ""] ?? cause.message}`, {
    cause,
    hint: "without --port a free one is taken",
  });
}
