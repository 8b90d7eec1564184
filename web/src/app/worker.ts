/**
 * The screen's end of the channel to the one worker: starts it, turns each verb into a call and each answer into a promise, and checks
 * the shape of whatever comes back before a screen sees it.
 */
import {
  type Call,
  type EventData,
  type EventName,
  type Verb,
  verbs,
  type WardError,
  type Wardline,
  type WorkerPort,
} from '../core/contract.ts';
import { type Shape, number, object, string } from './shape.ts';
import { answerShapes, eventShapes, threadChange, wardError } from './shapes.ts';

/** What a verb rejects with: a `WardError` that is also an `Error`. */
export class Refusal extends Error implements WardError {
  readonly code: string;
  readonly hint?: string;
  constructor({ code, message, hint }: WardError) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    if (hint !== undefined) this.hint = hint;
  }
}

type Waiting = { verb: string; resolve: (value: unknown) => void; reject: (reason: Refusal) => void };

const unreadable: WardError = {
  code: 'worker.answer',
  message: 'Wardline could not read its own answer.',
  hint: 'Load the page again. If it stays, tell the service desk.',
};

const numbered = object({ id: number });
const failed = object({ id: number, error: wardError });
const named = object({ event: string });

const isReply = (frame: unknown): frame is { id: number; ok: unknown } => numbered(frame) && 'ok' in (frame as object);
const isFailure = (frame: unknown): frame is { id: number; error: WardError } => failed(frame);
const isPush = (frame: unknown): frame is { event: string; data: unknown } =>
  named(frame) && 'data' in (frame as object);

export function connect(port: WorkerPort): Wardline {
  let last = 0;
  const waiting = new Map<number, Waiting>();
  const handlers = new Map<string, Set<(data: never) => void>>();

  port.listen((frame) => {
    if (isFailure(frame)) settle(frame.id)?.reject(new Refusal(frame.error));
    else if (isReply(frame)) answer(settle(frame.id), frame.ok);
    else if (isPush(frame)) deliver(frame.event, frame.data);
  });

  function settle(id: number): Waiting | undefined {
    const found = waiting.get(id);
    waiting.delete(id);
    return found;
  }

  function answer(call: Waiting | undefined, value: unknown): void {
    const shape = call && own(answerShapes, call.verb);
    if (shape && !shape(value)) call.reject(new Refusal(unreadable));
    else call?.resolve(value);
  }

  function deliver(event: string, data: unknown): void {
    const shape = event.startsWith('thread:') ? threadChange : own(eventShapes, event);
    if (!shape || !shape(data)) return;
    for (const handler of [...(handlers.get(event) ?? [])]) handler(data as never);
  }

  function call(verb: string, args: unknown[]): Promise<unknown> {
    last += 1;
    const id = last;
    return new Promise((resolve, reject) => {
      waiting.set(id, { verb, resolve, reject });
      port.post({ id, verb: verb as Verb, args } as Call);
    });
  }

  const proxy: Record<string, unknown> = {
    on<E extends EventName>(event: E, handler: (data: EventData<E>) => void) {
      const known = handlers.get(event) ?? new Set();
      known.add(handler);
      handlers.set(event, known);
      return () => {
        known.delete(handler);
      };
    },
  };
  for (const verb of verbs) proxy[verb] = (...args: unknown[]) => call(verb, args);
  return proxy as unknown as Wardline;
}

/** A worker as a port. When it cannot start, every call fails with words instead of hanging. */
export function portOf(worker: Worker): WorkerPort {
  let handler: ((frame: unknown) => void) | undefined;
  const open = new Set<number>();
  const failed: WardError = {
    code: 'worker.failed',
    message: 'Wardline could not start on this device.',
    hint: 'Load the page again. If it stays, try another browser and tell the service desk.',
  };
  let broken = false;
  worker.addEventListener('message', (event: MessageEvent<unknown>) => {
    const frame = event.data;
    if (typeof frame === 'object' && frame !== null && 'id' in frame) open.delete(frame.id as number);
    handler?.(frame);
  });
  worker.addEventListener('error', () => {
    broken = true;
    for (const id of open) handler?.({ id, error: failed });
    open.clear();
  });
  return {
    post(frame) {
      if (broken) {
        handler?.({ id: frame.id, error: failed });
        return;
      }
      open.add(frame.id);
      worker.postMessage(frame);
    },
    listen(next) {
      handler = next;
    },
  };
}

/** A shape by its name, and nothing that every object has. */
function own(shapes: Readonly<Record<string, Shape>>, name: string): Shape | undefined {
  return Object.hasOwn(shapes, name) ? shapes[name] : undefined;
}
