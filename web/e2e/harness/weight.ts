/** What a first visit costs: every file that the page asked for, compressed here as a web server in front would, or as ours does. */
import { gzipSync } from 'node:zlib';

export type Weighed = { path: string; plain: number; gzip: number };

const text = /javascript|css|html|json|svg|text/;

/** `paths` are those that the page asked for; the API is not part of the app. */
export async function weigh(origin: string, paths: Iterable<string>): Promise<Weighed[]> {
  const files = [...new Set(paths)].filter((path) => !path.startsWith('/v1/'));
  return Promise.all(
    files.map(async (path) => {
      const answer = await fetch(origin + path);
      if (!answer.ok) throw new Error(`${path} answers ${answer.status}`);
      const bytes = Buffer.from(await answer.arrayBuffer());
      const squeezes = text.test(answer.headers.get('content-type') ?? '');
      return { path, plain: bytes.length, gzip: squeezes ? gzipSync(bytes, { level: 9 }).length : bytes.length };
    }),
  );
}
