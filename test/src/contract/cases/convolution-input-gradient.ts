import { kernels } from '@hourglass/core';
import { kernelCases } from '@hourglass/core/testing';
import { layers } from '../layers.js';

export default kernelCases({
  kernel: kernels.convolutionInputGradient,
  operation: (inputs, attrs) => kernels.convolutionInputGradient.run(inputs, attrs)[0]!,
  *cases(draw) {
    for (const { label, batch, sizes, outputs, kernel, cin, cout, geometry } of layers(draw)) {
      const [channels, out] = [cin * geometry.groups, cout * geometry.groups];
      yield {
        label,
        inputs: {
          dy: draw.given([batch, ...outputs, out]),
          filter: draw.given([...kernel, cin, out]),
          bias: draw.chance(0.5) ? draw.given([channels]) : null,
        },
        attrs: { ...geometry, sizes },
      };
    }
  },
});
