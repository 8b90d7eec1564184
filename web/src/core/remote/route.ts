/**
 * Requests that the server's own description allows, and no others: each names a path of the OpenAPI document with a method that it has,
 * carries what the document says, and reads the answer by a shape that takes everything that the document declares.
 *
 * All of it is checked by the compiler against the generated types and leaves next to nothing in the bundle. What really arrives is
 * still checked by the shape when it arrives: the document says what the server should send, not what it does.
 */
import type * as v from 'valibot';
import { withBase64 } from '../../api/base64.ts';
import type { components, paths } from '../../api/schema.gen.ts';
import type { Bytes } from '../../crypto/bytes.ts';
import type { Http, Method } from './http.ts';

type Schemas = components['schemas'];

/** The paths that have a method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<Lowercase<M>, object> ? P : never;
}[keyof paths];

/** A body of the document, with bytes as bytes in the fields that are named. */
export type Body<Name extends keyof Schemas, Binary extends keyof Schemas[Name] = never> = {
  [K in keyof Schemas[Name]]: K extends Binary ? Binaries<Schemas[Name][K]> : Schemas[Name][K];
};

/** What a request to this path must carry, and may. */
export type Asked<M extends Method, P extends PathOf<M>> = PathPart<Operation<M, P>> &
  QueryPart<Operation<M, P>> &
  BodyPart<Operation<M, P>>;

/** The JSON that the server declares to answer with. */
export type Answer<M extends Method, P extends PathOf<M>> =
  Operation<M, P> extends { responses: infer R } ? ContentOf<R[keyof R & Success]> : never;

/** Takes a shape that accepts every answer the server declares, and that asks for no field the server does not know. */
export type Reads<S extends v.GenericSchema, A> =
  Accepts<A, v.InferInput<S>> extends true ? unknown : { 'not what the server declares': A };

type Args<A> = object extends A ? [asked?: A] : [asked: A];

export class Routes {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  async call<M extends Method, P extends PathOf<M>, S extends v.GenericSchema>(
    method: M,
    path: P,
    shape: S & Reads<S, Answer<M, P>>,
    ...args: Args<Asked<M, P>>
  ): Promise<v.InferOutput<S>> {
    const { path: parts = {}, query, body } = (args[0] ?? {}) as Loose;
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parts[name] ?? ''));
    return this.#http.call<S>(shape, method, filled + search(query), withBase64(body));
  }
}

type Loose = {
  path?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, string | number | undefined>>;
  body?: unknown;
};

function search(query: Loose['query'] = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return given.length > 0 ? `?${new URLSearchParams(given).toString()}` : '';
}

type Operation<M extends Method, P extends PathOf<M>> = paths[P] extends Record<Lowercase<M>, infer O> ? O : never;

type PathPart<O> = O extends { parameters: { path: infer X } } ? { path: X } : { path?: never };
type QueryPart<O> = O extends { parameters: { query?: infer X } } ? { query?: X } : never;
type BodyPart<O> = O extends { requestBody: { content: { 'application/json': infer X } } }
  ? { body: Sendable<X> }
  : { body?: never };

type Success = 200 | 201 | 202 | 204;
type ContentOf<R> = R extends { content: { 'application/json': infer X } } ? X : undefined;

/** Bytes travel as base64: wherever the document has a text, bytes may stand. */
type Sendable<T> = T extends string
  ? string extends T
    ? string | Bytes
    : T
  : T extends readonly (infer E)[]
    ? readonly Sendable<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Sendable<T[K]> }
      : T;

type Binaries<T> = T extends string ? Bytes : T extends readonly string[] ? readonly Bytes[] : never;

type Accepts<Said, Read> = Said extends Read ? Knows<Said, Read> : false;

/** Are all the fields that are read also said? A field that may be missing could otherwise be one that never comes. */
type Knows<Said, Read> = unknown extends Read
  ? true
  : [NonNullable<Said>, NonNullable<Read>] extends [readonly (infer S)[], readonly (infer R)[]]
    ? Knows<S, R>
    : NonNullable<Read> extends object
      ? Exclude<keyof NonNullable<Read>, keyof NonNullable<Said>> extends never
        ? false extends {
            [K in keyof NonNullable<Read>]-?: Knows<
              NonNullable<Said>[K & keyof NonNullable<Said>],
              NonNullable<Read>[K]
            >;
          }[keyof NonNullable<Read>]
          ? false
          : true
        : false
      : true;
