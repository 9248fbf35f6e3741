import type { Paper } from '@hourglass/core';

/** Papers whose systems work in this package; docs/papers.md is made from all packages' lists. */
export const papers: readonly Paper[] = [
  {
    number: '054',
    title: 'Fully Convolutional Networks for Semantic Segmentation',
    exports: ['FCNDecoder', 'FCNHead', 'BilinearUpsampling', 'createSegmentationModel'],
    test: 'test/papers/054-fcn.test.ts',
    testName: 'mean IU rises from FCN-32s to 16s to 8s on shapes',
  },
  {
    number: '351',
    title: 'UNet++: A Nested U-Net Architecture for Medical Image Segmentation',
    exports: ['UNetPlusPlusDecoder', 'pruneUNetPlusPlus', 'createSegmentationModel'],
    test: 'test/papers/351-unetplusplus.test.ts',
    testName: 'with deep supervision segments blobs at least as well as U-Net and wide U-Net',
  },
  {
    number: '354',
    title: 'Encoder-Decoder with Atrous Separable Convolution for Semantic Image Segmentation',
    exports: ['DeepLabV3PlusDecoder', 'ASPP', 'SeparableConv2d', 'createSegmentationModel'],
    test: 'test/papers/354-deeplabv3plus.test.ts',
    testName: 'the decoder raises mIoU in the band along boundaries',
  },
];
