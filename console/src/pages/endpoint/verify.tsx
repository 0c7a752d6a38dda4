/** Code that verifies deliveries, with the libraries of Standard Webhooks. */
import { Code } from '../../ui/parts';

const SAMPLES: Record<string, string> = {
  'Node: npm install standardwebhooks': `import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.RINGPOST_WEBHOOK_SECRET);

createServer(async (request, response) => {
  try {
    const event = webhook.verify(await text(request), request.headers);
    console.log(event.type, event.data);
    response.writeHead(204).end();
  } catch {
    response.writeHead(400).end();
  }
}).listen(3000);`,
  'Python: pip install standardwebhooks': `import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["RINGPOST_WEBHOOK_SECRET"])

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            event = webhook.verify(body, dict(self.headers))
            print(event["type"], event["data"])
            self.send_response(204)
        except WebhookVerificationError:
            self.send_response(400)
        self.end_headers()

HTTPServer(("", 3000), Handler).serve_forever()`,
};

export function Verify() {
  return (
    <>
      <p>
        Verify the bytes of the body as they came, before any parsing. Answer any 2xx; every other answer is tried
        again. A receiver may see an event twice: keep the <code>webhook-id</code>.
      </p>
      {Object.entries(SAMPLES).map(([label, text]) => (
        <Code key={label} label={label} text={text} />
      ))}
    </>
  );
}
