import { assets, assetUrl } from './assets.js';

const stylesheet = assets.find(({ path }) => path === '/assets/latchkey.css')?.body.toString() ?? '';

/** The two halves of `light-dark()` by the name of each colour. */
function readColours(): Record<string, { light: string; dark: string }> {
  const found = stylesheet.matchAll(/--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g);
  return Object.fromEntries(
    [...found].map(([, name = '', light = '', dark = '']) => [name, { light, dark }]),
  );
}

/** Relative luminance, WCAG 2.2. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const channel = Number.parseInt(hex.slice(start, start + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const grounds = ['paper', 'surface', 'sunken'];
const onGround = (names: string[]) =>
  names.flatMap((name) => grounds.map((ground) => [name, ground] as const));

describe.each(['light', 'dark'] as const)('in %s', (scheme) => {
  const colours = readColours();
  const ratio = (one: string, other: string) =>
    contrast(colours[one]?.[scheme] ?? '#000000', colours[other]?.[scheme] ?? '#000000');

  test.each([
    ...onGround(['ink', 'muted', 'go', 'danger']),
    ['care', 'paper'] as const,
    ['care', 'surface'] as const,
    ['go-ink', 'go'] as const,
    ['danger-ink', 'danger'] as const,
  ])('%s on %s can be read (4.5:1)', (text, ground) => {
    expect(ratio(text, ground)).toBeGreaterThanOrEqual(4.5);
  });

  test.each(onGround(['edge', 'care']))('the line in %s stands out from %s (3:1)', (edge, ground) => {
    expect(ratio(edge, ground)).toBeGreaterThanOrEqual(3);
  });
});

test('86: the stylesheet and the script load nothing', () => {
  for (const { body } of assets.filter(({ path }) => !path.endsWith('.svg'))) {
    expect(body.toString()).not.toMatch(/url\(|@import|https?:|import\(|fetch\(/);
  }
});

test('an asset has a type, a strong tag and an address that changes with its content', () => {
  for (const asset of assets) {
    expect(asset.contentType).toMatch(/^(text\/(css|javascript); charset=utf-8|image\/svg\+xml)$/);
    expect(asset.etag).toMatch(/^"[\w-]{22}"$/);
  }
  expect(assetUrl('latchkey.css')).toMatch(/^\/assets\/latchkey\.css\?v=[\w-]{8}$/);
});
