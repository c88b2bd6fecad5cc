/**
 * What a proof may be made of. A picture comes as a data URL; a recording too, or as an https address, since many are
 * larger than a body may be. Only kinds of media that no browser runs: an SVG is a program.
 */
import { z } from 'zod';

const maximumMediaBytes = 5 * 1024 * 1024;

const subtypes: Readonly<Record<string, string>> = {
  photo: 'image/(?:jpeg|png|webp|gif|heic|heif|avif)',
  audio: 'audio/(?:mpeg|mp4|aac|ogg|opus|wav|x-wav|webm|flac)',
  video: 'video/(?:mp4|webm|quicktime|ogg|3gpp)',
};

const heads = Object.fromEntries(
  Object.entries(subtypes).map(([type, pattern]) => [
    type,
    new RegExp(`^data:${pattern}(?:;codecs=[\\w.,"-]{1,60})?;base64,`),
  ]),
);

const base64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Why a content is no proof of this type; undefined when it is one. */
function findProblem(type: string, content: string): string | undefined {
  if (type === 'text') {
    if (content.trim() === '') return 'content must not be empty';
    return content.length > 20_000 ? 'content must have at most 20000 characters' : undefined;
  }
  if (type !== 'photo' && isAddress(content)) return undefined;
  const [head = ''] = heads[type]?.exec(content.slice(0, 200)) ?? [];
  const data = content.slice(head.length);
  if (head === '' || data.length % 4 !== 0 || !base64.test(data)) {
    const other = type === 'photo' ? '' : ' or an https address';
    return `content must be a data URL of a ${type}, such as data:${sampleOf(type)};base64,…${other}`;
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
