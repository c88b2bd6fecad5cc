/**
 * What the first bytes of a file say that it is. A media type is only a claim: a page or a program under the name of a
 * picture must not reach the agent who opens it.
 */

type Signature = (bytes: Buffer) => boolean;

const at =
  (offset: number, ...alternatives: (string | number[])[]): Signature =>
  (bytes) =>
    alternatives.some((wanted) => {
      const expected = Buffer.from(typeof wanted === 'string' ? Buffer.from(wanted, 'latin1') : wanted);
      return bytes.subarray(offset, offset + expected.length).equals(expected);
    });

const all =
  (...signatures: Signature[]): Signature =>
  (bytes) =>
    signatures.every((signature) => signature(bytes));

const jpeg = at(0, [0xff, 0xd8, 0xff]);
const png = at(0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const gif = at(0, 'GIF87a', 'GIF89a');
const webp = all(at(0, 'RIFF'), at(8, 'WEBP'));
const wav = all(at(0, 'RIFF', 'RF64'), at(8, 'WAVE'));
/** HEIF and AVIF pictures: a box of type `ftyp` with one of their brands (ISO/IEC 23008-12). */
const heif = all(
  at(4, 'ftyp'),
  at(8, 'heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'mif2', 'msf1', 'avif', 'avis'),
);
/** MP4, M4A, 3GPP and QuickTime (ISO/IEC 14496-12); old QuickTime files begin with another box. */
const isoMedia: Signature = (bytes) =>
  !heif(bytes) && at(4, 'ftyp', 'moov', 'mdat', 'wide', 'free', 'skip')(bytes);
const ogg = at(0, 'OggS');
/** Matroska, of which WebM is a part. */
const webm = at(0, [0x1a, 0x45, 0xdf, 0xa3]);
const flac = at(0, 'fLaC');
const amr = at(0, '#!AMR');
/** An ID3 tag, or the sync word of an MPEG or AAC (ADTS) frame: eleven ones. */
const mpegAudio: Signature = (bytes) =>
  at(0, 'ID3')(bytes) || (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe0) === 0xe0);

const signatures: Readonly<Record<string, readonly Signature[]>> = {
  photo: [jpeg, png, gif, webp, heif],
  audio: [mpegAudio, isoMedia, ogg, wav, webm, flac, amr],
  video: [isoMedia, webm, ogg],
};

/** Whether a file of which these are the first 48 bytes is a photo, an audio or a video recording. */
export const isMedia = (type: string, bytes: Buffer): boolean =>
  signatures[type]?.some((signature) => signature(bytes)) ?? false;
