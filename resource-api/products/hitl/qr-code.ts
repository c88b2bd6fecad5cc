/** The invite code of a loop as a picture that a phone reads. Whoever asks for it knows the code already. */
import { toBuffer } from 'qrcode';
import { DomainError } from '../../../shared/errors.js';
import { pageUrls } from '../../../shared/http/page-urls.js';
import { reply } from '../../routing/reply.js';
import { anyone, get } from '../../routing/route.js';
import { isInviteCode } from './domain/invitations.js';

// Squares gain nothing from PNG's filters, and trying them out takes ten times as long as everything else.
const drawing = { type: 'png', scale: 8, rendererOpts: { deflateLevel: 9, filterType: 0 } } as const;

/** A PNG of some 300 pixels. */
export const drawQrCode = (text: string): Promise<Buffer> => toBuffer(text, drawing);

export const qrCodeRoute = get('/qr/:file', { by: anyone }, async ({ services, product, params }) => {
  const code = /^([A-Z0-9]{1,32})\.png$/.exec(params.file)?.[1];
  if (code === undefined || !(await isInviteCode(services, code))) {
    throw new DomainError('not_found', { message: 'Invite code is invalid or has expired' });
  }
  const image = await drawQrCode(pageUrls.join(services.config, product.id, code));
  return reply(200, image, { 'Content-Type': 'image/png' });
});
