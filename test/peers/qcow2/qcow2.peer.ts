import { plainImagesTests } from '../../format/qcow2/plain-images.ts';

plainImagesTests(false);
