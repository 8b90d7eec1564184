/**
 * The live connection: one WebSocket at a time, opened with a ticket, kept alive by pings, and nothing that depends on it being there
 * (design: truth is in the log, a frame only brings it sooner).
 *
 * Text frames are small JSON events, checked by schema; binary frames are log entries, checked by whoever takes them.
 */
import * as v from 'valibot';
import { type Bytes, concat, u32 } from '../../crypto/bytes.ts';
import { Problem, Unreachable } from '../fault.ts';
import * as s from '../remote/shapes.ts';

export interface Socket {
  send(data: string | Bytes): void;
  close(): void;
}

export type SocketHandlers = {
  open: () => void;
  message: (data: string | Bytes) => void;
  /** Exactly once, also when it never opened. */
  close: () => void;
};

export type OpenSocket = (url: string, handlers: SocketHandlers) => Socket;

const event = v.variant('type', [
  v.object({ type: v.literal('heads'), threads: s.list(s.head) }),
  v.object({ type: v.literal('synced') }),
  v.object({ type: v.literal('marks'), thread: s.digest, marks: s.list(s.mark) }),
  v.object({ type: v.literal('thread'), thread: s.digest }),
  v.object({ type: v.literal('filing'), thread: s.digest, filing: s.filing }),
  v.object({ type: v.literal('decision'), thread: s.digest, decision: s.decision }),
  v.object({ type: v.literal('log'), person: s.uuid }),
  v.object({ type: v.literal('resync') }),
  v.object({ type: v.literal('locked') }),
  v.object({ type: v.literal('ended') }),
  v.object({ type: v.literal('pong') }),
  v.object({ type: v.literal('sent'), ref: s.count, ...s.accepted.entries }),
  v.looseObject({
    type: v.literal('refused'),
    ref: s.count,
    code: s.text(100),
    detail: v.optional(s.text(2000), ''),
  }),
]);
export type LiveEvent = Exclude<v.InferOutput<typeof event>, { type: 'sent' | 'refused' | 'pong' }>;

const maxText = 8 * 1024 * 1024;
const maxBinary = 512 * 1024;

type Posted = { resolve: (accepted: s.Accepted) => void; reject: (reason: Error) => void };

export type LiveHandlers = {
  opened: () => void;
  event: (event: LiveEvent) => void;
  entry: (bytes: Bytes) => void;
  /** After each frame, whatever it says: the server is there. */
  heard: () => void;
  closed: (wasOpen: boolean) => void;
};

export class Live {
  readonly #posted = new Map<number, Posted>();
  readonly #socket: Socket;
  #ref = 0;
  #open = false;
  #over = false;
  /** Grows with every frame. */
  heard = 0;

  constructor(openSocket: OpenSocket, url: string, handlers: LiveHandlers) {
    this.#socket = openSocket(url, {
      open: () => {
        this.#open = true;
        handlers.opened();
      },
      message: (data) => {
        this.heard += 1;
        this.#take(data, handlers);
        handlers.heard();
      },
      close: () => this.#closed(handlers),
    });
  }

  get isOpen(): boolean {
    return this.#open && !this.#over;
  }

  sync(have: Readonly<Record<string, number>>): void {
    this.#say({ type: 'sync', have });
  }

  mark(type: 'reached' | 'seen', thread: string, seq: number): void {
    this.#say({ type, thread, seq });
  }

  ping(): void {
    this.#say({ type: 'ping' });
  }

  /** The server answers in the order of posts; when the connection goes first, nobody knows. */
  post(message: Bytes, half: Bytes): Promise<s.Accepted> {
    return new Promise((resolve, reject) => {
      this.#ref = (this.#ref + 1) >>> 0;
      this.#posted.set(this.#ref, { resolve, reject });
      this.#socket.send(concat(Uint8Array.of(1), u32(this.#ref), half, message));
    });
  }

  close(): void {
    this.#socket.close();
  }

  #say(value: unknown): void {
    if (this.isOpen) this.#socket.send(JSON.stringify(value));
  }

  #take(data: string | Bytes, handlers: LiveHandlers): void {
    if (typeof data !== 'string') {
      if (data.length <= maxBinary) handlers.entry(data);
      return;
    }
    const said = read(data);
    if (!said || said.type === 'pong') return;
    if (said.type === 'sent') {
      this.#settle(said.ref)?.resolve(said);
    } else if (said.type === 'refused') {
      this.#settle(said.ref)?.reject(refusal(said.code, said.detail, said));
    } else {
      handlers.event(said);
    }
  }

  #settle(ref: number): Posted | undefined {
    const found = this.#posted.get(ref);
    this.#posted.delete(ref);
    return found;
  }

  #closed(handlers: LiveHandlers): void {
    if (this.#over) return;
    this.#over = true;
    for (const { reject } of this.#posted.values()) reject(new Unreachable('the connection went before the answer'));
    this.#posted.clear();
    handlers.closed(this.#open);
  }
}

/** What the server could not find out is no refusal. */
function refusal(code: string, detail: string, details: Record<string, unknown>): Error {
  const unknown = ['internal', 'unavailable', 'timeout', 'cancelled'].includes(code);
  return unknown ? new Unreachable(code) : new Problem({ status: 409, code, detail, details });
}

/** A frame of another shape is dropped: what it brought is asked for at the next sync. */
function read(text: string): v.InferOutput<typeof event> | undefined {
  if (text.length > maxText) return undefined;
  try {
    const parsed = v.safeParse(event, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
