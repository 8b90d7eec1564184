/** What a first visit costs on the line: every file that the page asked for, as our server packs it. */
import { get } from 'node:http';

export type Weighed = { path: string; bytes: number };

/** `paths` are those that the page asked for; the API is not part of the app. */
export async function weigh(origin: string, paths: Iterable<string>): Promise<Weighed[]> {
  const files = [...new Set(paths)].filter((path) => !path.startsWith('/v1/'));
  return Promise.all(files.map(async (path) => ({ path, bytes: await onTheLine(origin + path) })));
}

function onTheLine(address: string): Promise<number> {
  return new Promise((fulfil, refuse) => {
    get(address, { headers: { 'accept-encoding': 'gzip' } }, (answer) => {
      if (answer.statusCode !== 200) refuse(new Error(`${address} answers ${answer.statusCode ?? 0}`));
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      answer.on('end', () => fulfil(bytes));
    }).on('error', refuse);
  });
}
