/** Properties of key formats, for every product and environment there is. */
import fc from 'fast-check';
import { products } from '../products/index.js';
import { displayParts, isWellFormedKey, type KeyEnvironment, keyEnvironment, mintKey } from './key-format.js';

const formats = products.flatMap(({ id, keys }) =>
  (['test', 'live'] as const)
    .filter((environment) => keys.environments[environment])
    .map((environment) => ({ id, keys, environment })),
);
const anyFormat = fc.constantFrom(...formats);
const anyKey = anyFormat.map((format) => ({ ...format, key: mintKey(format.keys, format.environment) }));

test.each(formats)(
  '$id $environment: at least 128 random bits, and the length of the format',
  ({ keys, environment }) => {
    const bits = keys.bodyLength * Math.log2(keys.alphabet.length);
    expect(bits).toBeGreaterThanOrEqual(128);
    expect(keys.alphabet.length ** keys.checkLength).toBeGreaterThanOrEqual(2 ** 32);
    const prefix = keys.environments[environment]?.prefix ?? '';
    expect(mintKey(keys, environment)).toHaveLength(prefix.length + keys.bodyLength + keys.checkLength);
  },
);

test('a minted key is well-formed, of its environment, and of no other product', () => {
  fc.assert(
    fc.property(anyKey, ({ id, keys, environment, key }) => {
      expect(isWellFormedKey(keys, key)).toBe(true);
      expect(keyEnvironment(keys, key)).toBe(environment);
      expect(
        products.filter((product) => isWellFormedKey(product.keys, key)).map((product) => product.id),
      ).toEqual([id]);
    }),
  );
});

test('one wrong character anywhere is noticed, as are two that changed places', () => {
  fc.assert(
    fc.property(anyKey, fc.nat(), fc.nat(), ({ keys, key }, position, choice) => {
      const at = position % key.length;
      const others = [...keys.alphabet].filter((character) => character !== key[at]);
      const wrong = key.slice(0, at) + others[choice % others.length] + key.slice(at + 1);
      expect(isWellFormedKey(keys, wrong)).toBe(false);
      const swapped = key.slice(0, at) + (key[at + 1] ?? '') + key[at] + key.slice(at + 2);
      expect(isWellFormedKey(keys, swapped)).toBe(swapped === key);
    }),
    { numRuns: 1000 },
  );
});

test('a key that is cut, lengthened or framed is not well-formed', () => {
  fc.assert(
    fc.property(
      anyKey,
      fc.string({ minLength: 1, maxLength: 5 }),
      fc.nat(),
      ({ keys, key }, text, length) => {
        for (const value of [key + text, text + key, key.slice(0, length % key.length)]) {
          expect(isWellFormedKey(keys, value)).toBe(false);
        }
      },
    ),
  );
});

test('no text whatever makes the parser throw, and none that was not minted is taken for a key', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .tuple(anyFormat, fc.string({ unit: 'binary', maxLength: 60 }))
      .map(([{ keys, environment }, tail]) => `${keys.environments[environment]?.recognisedBy ?? ''}${tail}`),
    fc.tuple(anyFormat, fc.nat()).map(([{ keys, environment }, seed]) => {
      const character = keys.alphabet[seed % keys.alphabet.length] ?? '';
      return (
        (keys.environments[environment]?.prefix ?? '') + character.repeat(keys.bodyLength + keys.checkLength)
      );
    }),
  );
  fc.assert(
    fc.property(anyFormat, text, ({ keys }, value) => {
      expect(isWellFormedKey(keys, value)).toBe(false);
      const environment: KeyEnvironment | undefined = keyEnvironment(keys, value);
      expect(environment === undefined || keys.environments[environment] !== undefined).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

test('what is shown of a key is its prefix and its last four characters', () => {
  fc.assert(
    fc.property(anyKey, ({ keys, environment, key }) => {
      const { prefix, lastFour } = displayParts(keys, key);
      expect(prefix).toBe(keys.environments[environment]?.prefix);
      expect(key.startsWith(prefix) && key.endsWith(lastFour) && lastFour.length === 4).toBe(true);
    }),
  );
});

test('keys of one format look random: every character of the alphabet comes up in every place', () => {
  for (const { keys, environment } of formats) {
    const prefix = keys.environments[environment]?.prefix.length ?? 0;
    const seen = Array.from({ length: keys.bodyLength }, () => new Set<string>());
    for (let i = 0; i < 40 * keys.alphabet.length; i += 1) {
      const key = mintKey(keys, environment);
      for (const [place, characters] of seen.entries()) characters.add(key.charAt(prefix + place));
    }
    const smallest = Math.min(...seen.map((characters) => characters.size));
    expect(smallest).toBe(keys.alphabet.length);
  }
});
