/** Something that the server is asked for once, and again when what it said may not be all any more. Whoever asks meanwhile waits for the same answer. */
export class Asked {
  #due = true;
  #running: Promise<void> | undefined;

  again(): void {
    this.#due = true;
  }

  /** What fails is asked for by the next who needs it. */
  need(ask: () => Promise<void>): Promise<void> {
    // What became due meanwhile is not in the answer that is on its way.
    if (this.#running) return this.#running.then(() => this.need(ask));
    if (!this.#due) return Promise.resolve();
    this.#due = false;
    this.#running = ask()
      .catch((thrown: unknown) => {
        this.#due = true;
        throw thrown;
      })
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }
}
