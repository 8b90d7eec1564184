/**
 * Whether a value has a shape, and no more than that: what the worker pushes was checked against schemas on its way in, with a library
 * that would be a fortieth of the first load here.
 */
export type Shape = (value: unknown) => boolean;

export const string: Shape = (value) => typeof value === 'string';
export const number: Shape = (value) => typeof value === 'number' && !Number.isNaN(value);
export const boolean: Shape = (value) => typeof value === 'boolean';

export const oneOf =
  (values: readonly unknown[]): Shape =>
  (value) =>
    values.includes(value);

export const optional =
  (shape: Shape): Shape =>
  (value) =>
    value === undefined || shape(value);

export const list =
  (shape: Shape): Shape =>
  (value) =>
    Array.isArray(value) && value.every(shape);

/** Members that are not named may be anything. */
export const object =
  (members: Readonly<Record<string, Shape>>): Shape =>
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.entries(members).every(([name, shape]) => shape((value as Record<string, unknown>)[name]));

export const anyOf =
  (shapes: readonly Shape[]): Shape =>
  (value) =>
    shapes.some((shape) => shape(value));
