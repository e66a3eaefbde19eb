import { plainImagesTests } from './plain-images.ts';
import { canReadImages } from './qemu-img.ts';

plainImagesTests((await canReadImages()) ? false : 'qemu-img or jq is not installed');
