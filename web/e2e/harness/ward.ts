/**
 * A whole demonstration for one run: the real program on free ports with a directory of its own, and the hospital that it talks to.
 * Everything is gone afterwards.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export type Invitation = { name: string; role: string; link: string };

/** How the demonstration hospital's record can behave, and its patient index. */
export type RecordMode = 'accept' | 'refuse' | 'down' | 'delay' | 'garbage';
export type IndexMode = 'ok' | 'down' | 'garbage' | 'slow';

export class Ward {
  readonly origin: string;
  readonly hospital: string;
  readonly directory: string;
  readonly #invitations: Map<string, Invitation>;
  readonly #process: ChildProcess;

  constructor(parts: { printed: string; directory: string; process: ChildProcess }) {
    this.origin = addressAfter('Wardline', parts.printed);
    this.hospital = addressAfter('The hospital', parts.printed);
    this.directory = parts.directory;
    this.#invitations = readInvitations(parts.printed);
    this.#process = parts.process;
  }

  invitation(name: string): Invitation {
    const found = this.#invitations.get(name);
    if (!found) throw new Error(`nobody called ${name} was invited`);
    return found;
  }

  record(mode: RecordMode, reason?: string): Promise<void> {
    return this.#control('record', { mode, ...(reason ? { reason } : {}) });
  }

  index(mode: IndexMode): Promise<void> {
    return this.#control('index', { mode });
  }

  /** What becomes of people's records while a conversation goes on: two are put together, or one says something else now. */
  patients(order: { merge: string; into: string } | { change: string; nhsNumber: string }): Promise<void> {
    return this.#control('patients', order);
  }

  async stop(): Promise<void> {
    await end(this.#process);
    await rm(this.directory, { recursive: true, force: true });
  }

  async #control(what: 'record' | 'index' | 'patients', order: object): Promise<void> {
    const answer = await fetch(`${this.hospital}/control/${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(order),
    });
    if (!answer.ok) throw new Error(`the hospital answered ${answer.status}: ${await answer.text()}`);
  }
}

const program = resolve(process.env['WARDLINE'] ?? join(import.meta.dirname, '../../../bin/wardline'));
const lastLine = 'Stop with Ctrl+C';

/** `grace` is how long originals stay after the record's receipt. */
export async function openWard(options: { grace: string }): Promise<Ward> {
  if (!existsSync(program)) throw new Error(`${program} is not there: run make build first`);
  const directory = await mkdtemp(join(tmpdir(), 'wardline-e2e-'));
  const started = spawn(
    program,
    ['demo', '--data', directory, '--addr', '127.0.0.1:0', '--hospital-addr', '127.0.0.1:0', '--grace', options.grace],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const stopWithUs = () => started.kill('SIGKILL');
  process.once('exit', stopWithUs);
  started.once('exit', () => process.off('exit', stopWithUs));
  try {
    return new Ward({ printed: await printedBy(started), directory, process: started });
  } catch (thrown) {
    await end(started);
    await rm(directory, { recursive: true, force: true });
    throw thrown;
  }
}

/** All that the program prints until it is ready. What it says later, as a warning, is passed on. */
function printedBy(started: ChildProcess): Promise<string> {
  return new Promise((fulfil, refuse) => {
    let printed = '';
    let said = '';
    started.stdout?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (printed.includes(lastLine)) fulfil(printed);
    });
    started.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      process.stderr.write(`  wardline: ${text}`);
    });
    started.once('error', refuse);
    started.once('exit', (code) => refuse(new Error(`wardline ended with ${code ?? 'a signal'}: ${said}`)));
  });
}

async function end(started: ChildProcess): Promise<void> {
  if (started.exitCode !== null || started.signalCode !== null) return;
  const over = new Promise((fulfil) => started.once('exit', fulfil));
  started.kill('SIGINT');
  const impatient = setTimeout(() => started.kill('SIGKILL'), 10_000);
  await over;
  clearTimeout(impatient);
}

function addressAfter(label: string, printed: string): string {
  const found = new RegExp(`^${label} +(http://\\S+)`, 'm').exec(printed)?.[1];
  if (!found) throw new Error(`the program did not print the address of ${label}`);
  return found;
}

function readInvitations(printed: string): Map<string, Invitation> {
  const rows = printed.matchAll(/^ {2}(\S.*?) {2,}(\S.*?) +(http:\/\/\S+\/#\/enrol\/\S+)$/gm);
  return new Map([...rows].map(([, name = '', role = '', link = '']) => [name, { name, role, link }]));
}
