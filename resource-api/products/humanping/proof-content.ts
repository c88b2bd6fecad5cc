/**
 * What a proof may be made of. A picture comes as a data URL; a recording too, or as an https address, since many are
 * larger than a body may be. Only kinds of media that no browser runs: an SVG is a program.
 */
import { z } from 'zod';
import { countCharacters, isVisible } from '../../../shared/characters.js';
import { isMedia } from './proof-signatures.js';

const maximumMediaBytes = 5 * 1024 * 1024;

/** Media types without `image/` and so on, with the names that phones and browsers use instead of the registered ones. */
const subtypes: Readonly<Record<string, { kind: string; names: readonly string[] }>> = {
  photo: {
    kind: 'image',
    names: ['jpeg', 'jpg', 'pjpeg', 'png', 'x-png', 'webp', 'gif', 'heic', 'heif', 'avif'],
  },
  audio: {
    kind: 'audio',
    names: [
      ...['mpeg', 'mp3', 'x-mp3', 'x-mpeg', 'mp4', 'm4a', 'x-m4a', 'aac', 'x-aac', 'aacp', '3gpp', 'amr'],
      ...['ogg', 'opus', 'wav', 'x-wav', 'wave', 'vnd.wave', 'webm', 'flac', 'x-flac'],
    ],
  },
  video: { kind: 'video', names: ['mp4', 'x-m4v', 'webm', 'quicktime', 'ogg', '3gpp', '3gpp2'] },
};

/**
 * `data:TYPE/SUBTYPE;name=value;base64,` (RFC 2397), in any case and with blanks around each part (RFC 2045). A value
 * may have commas without quotes, as `MediaRecorder` of browsers writes its `codecs=vp8,opus`.
 */
const head =
  /^data:\s*([\w.+-]+)\/([\w.+-]+)\s*((?:;\s*[\w-]+\s*=\s*(?:"[^"\r\n]*"|[^\s;"]+)\s*)*);\s*base64\s*,\s*/i;

const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Why a content is no proof of this type; undefined when it is one. */
function findProblem(type: string, content: string): string | undefined {
  if (type === 'text') {
    if (!isVisible(content)) return 'content must not be empty';
    return countCharacters(content) > 20_000 ? 'content must have at most 20000 characters' : undefined;
  }
  if (type !== 'photo' && isAddress(content)) return undefined;
  const [prefix = '', kind = '', subtype = ''] = head.exec(content.slice(0, 500)) ?? [];
  const data = content.slice(prefix.length);
  const expected = subtypes[type];
  const named = expected?.kind === kind.toLowerCase() && expected.names.includes(subtype.toLowerCase());
  if (!named || data.length % 4 !== 0 || !base64.test(data)) {
    const other = type === 'photo' ? '' : ' or an https address';
    return `content must be a data URL of a ${type}, such as data:${sampleOf(type)};base64,…${other}`;
  }
  if (!isMedia(type, Buffer.from(data.slice(0, 64), 'base64'))) {
    return `content must be a ${type}: the data is of another kind than its media type says`;
  }
  const padding = data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0;
  const bytes = (data.length / 4) * 3 - padding;
  return bytes > maximumMediaBytes ? 'content must be at most 5 MB' : undefined;
}

const sampleOf = (type: string): string =>
  ({ photo: 'image/jpeg', audio: 'audio/mpeg', video: 'video/mp4' })[type] ?? type;

function isAddress(content: string): boolean {
  return content.length <= 2000 && content.startsWith('https://') && URL.canParse(content);
}

export const proofBody = z
  .strictObject({ type: z.enum(['text', 'photo', 'video', 'audio']), content: z.string() })
  .superRefine(({ type, content }, context) => {
    const message = findProblem(type, content);
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['content'], message });
  });

/** Room for 5 MB as a data URL, and what stands around it. */
export const proofBodyLimitBytes = 8_000_000;
