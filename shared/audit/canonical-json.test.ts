import fc from 'fast-check';
import { canonicalJson, type Json, storableJson } from './canonical-json.js';

test('numbers, strings and the order of members are those of RFC 8785, section 3.2', () => {
  const input = JSON.parse(
    '{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],' +
      '"string": "\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/", "literals": [null, true, false]}',
  );
  expect(canonicalJson(input)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
      '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
  const names = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
  expect(canonicalJson(names).match(/\d(?=[,}])/g)).toEqual(['2', '4', '6', '7', '1', '5', '3']);
});

test('the spelling does not depend on the order in which members were added, and loses nothing', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = storableJson(value);
      const reversed = JSON.parse(JSON.stringify(json), (_name, member) =>
        member && typeof member === 'object' && !Array.isArray(member)
          ? Object.fromEntries(Object.entries(member as Record<string, Json>).reverse())
          : member,
      );
      expect(canonicalJson(reversed)).toBe(canonicalJson(json));
      expect(JSON.parse(canonicalJson(json))).toEqual(json);
    }),
  );
});
