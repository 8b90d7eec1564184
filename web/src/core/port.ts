/** The worker's end of the channel: only known verbs, one argument at most, every failure as a `WardError`. */
import * as v from 'valibot';
import { type Push, type Reply, type Verb, type Wardline, verbs } from './contract.ts';
import { Fault, wardErrorOf } from './fault.ts';

const call = v.object({ id: v.number(), verb: v.string(), args: v.pipe(v.array(v.unknown()), v.maxLength(1)) });

export type Frame = Reply | Push;

/** Answers calls as they come. A verb that throws at once is a refusal like any other. */
export function serve(core: Omit<Wardline, 'on'>, post: (frame: Frame) => void): (frame: unknown) => Promise<void> {
  return async (frame) => {
    const parsed = v.safeParse(call, frame);
    if (!parsed.success) return;
    const { id, verb, args } = parsed.output;
    try {
      if (!verbs.has(verb)) throw new Fault('request_refused');
      const run = core[verb as Verb] as (arg: unknown) => Promise<unknown>;
      post({ id, ok: await run(args[0]) });
    } catch (thrown) {
      post({ id, error: wardErrorOf(thrown) });
    }
  };
}
