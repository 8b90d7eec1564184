/**
 * What has been taken out of the box and is not yet safely in the outbox, in the order in which it was written (H17).
 *
 * Invariants: one message is looked at and handed over at a time; the next waits until it is known what became of the one before; when
 * one comes back, everything behind it comes back with it, so that nothing overtakes, nothing is lost and nothing goes twice.
 */
import type { Finding, MessageItem } from '../../core/contract.ts';

export type Going = {
  text: string;
  replyTo?: MessageItem;
  /** Why it goes although it was asked about. */
  emergencyReason?: string;
};

/** Why a message came back: what the check found, or what handing it over threw. */
export type Reason = { finding: Finding } | { thrown: unknown };

type Hooks = {
  check(going: Going): Promise<Finding[]>;
  send(going: Going): Promise<unknown>;
  /** The message that could not go, and those behind it. */
  back(all: [Going, ...Going[]], reason: Reason): void;
  busy(busy: boolean): void;
};

export class Outgoing {
  readonly #hooks: Hooks;
  #line: Going[] = [];
  #running: Promise<void> | undefined;

  constructor(hooks: Hooks) {
    this.#hooks = hooks;
  }

  push(going: Going): void {
    this.#line.push(going);
    if (this.#running) return;
    this.#hooks.busy(true);
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      this.#hooks.busy(false);
    });
  }

  /** Resolves when nothing is between the box and the outbox. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    for (let going = this.#line[0]; going; going = this.#line[0]) {
      const reason = await this.#try(going);
      if (reason) {
        const [, ...behind] = this.#line;
        this.#line = [];
        this.#hooks.back([going, ...behind], reason);
      } else {
        this.#line.shift();
      }
    }
  }

  async #try(going: Going): Promise<Reason | undefined> {
    try {
      if (!going.emergencyReason) {
        const findings = await this.#hooks.check(going);
        const finding = findings.find(({ stops }) => stops) ?? findings[0];
        if (finding) return { finding };
      }
      await this.#hooks.send(going);
      return undefined;
    } catch (thrown) {
      return { thrown };
    }
  }
}
