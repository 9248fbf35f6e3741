// The convolution itself: every position of a sweep times a filter laid out as rows of (tap, channel).
#pragma once
#include "../linalg/pack.h"
#include "regions.h"
#include "tiles.h"

namespace hourglass {
namespace HG_NAMESPACE {

constexpr const char* kNoMemory = "out of memory";

// A filter in memory: tap t of a group, number c that is summed over and column o lie at
// from + t * tap + group * group_step + c * row + o * column, where row or column is 1.
struct Filter {
  const float* from;
  int64_t kernel[3];
  int64_t tap, group, row, column;
};

// What a sweep writes: pictures [batch, out0, out1, out2, pixel] of which each group has `channels` of a pixel's numbers.
struct Target {
  float* to;
  int64_t channels, pixel;
  Finish finish;  // its bias and slopes, if any, one a channel of all groups
};

struct Panels {
  int64_t columns, count;
  HG_INLINE int64_t first(int64_t panel) const { return panel * kTileColumns; }
  HG_INLINE int64_t width(int64_t panel) const { return smaller<int64_t>(kTileColumns, columns - first(panel)); }
  HG_INLINE int64_t vectors(int64_t panel) const { return vectors_for(width(panel)); }
  // Numbers of a row of all panels before this one.
  HG_INLINE int64_t before(int64_t panel) const {
    return panel < count ? first(panel) : static_cast<int64_t>(vectors_for(columns)) * HG_LANES;
  }
};

HG_INLINE Panels panels_for(int64_t columns) { return {columns, parts_of(columns, kTileColumns)}; }

class Sweeper {
 public:
  HG_INLINE Sweeper(const Sweep& sweep, const Filter& filter, const Target& target)
      : sweep_(sweep), filter_(filter), target_(target), panels_(panels_for(target.channels)) {
    taps_ = sweep.axis[0].taps * sweep.axis[1].taps * sweep.axis[2].taps;
    rows_ = taps_ * sweep.channels;
    group_ = rows_ * panels_.before(panels_.count);
  }

  // Uses scratch slots 0 to 3. Null, or what was wrong.
  HG_INLINE const char* run() {
    if (positions_of(sweep_) * panels_.count * sweep_.groups == 0) return nullptr;
    float* packed = static_cast<float*>(scratch(0, static_cast<size_t>(sweep_.groups * group_ + 16) * sizeof(float)));
    if (packed == nullptr) return kNoMemory;
    packed_ = packed;
    if (taps_ > 0) pack(packed);
    return narrow() ? patches() : lines();
  }

 private:
  HG_INLINE void pack(float* packed) const {
    const int64_t parts = sweep_.groups * panels_.count * taps_;
    const int64_t grain = 65536 / ((sweep_.channels + 1) * kTileColumns);
    parallel_ranges(parts, grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) {
        const int64_t tap = i % taps_, panel = i / taps_ % panels_.count, group = i / taps_ / panels_.count;
        const Axis* axis = sweep_.axis;
        const int64_t t2 = axis[2].first + tap % axis[2].taps * axis[2].jump;
        const int64_t t1 = axis[1].first + tap / axis[2].taps % axis[1].taps * axis[1].jump;
        const int64_t t0 = axis[0].first + tap / axis[2].taps / axis[1].taps * axis[0].jump;
        const int64_t at = (t0 * filter_.kernel[1] + t1) * filter_.kernel[2] + t2;
        const int64_t width = panels_.vectors(panel) * HG_LANES;
        const float* from = filter_.from + at * filter_.tap + group * filter_.group + panels_.first(panel) * filter_.column;
        const bool turned = filter_.column != 1;
        pack_panel(Matrix{from, turned ? filter_.column : filter_.row, turned}, panels_.width(panel), sweep_.channels,
                   packed + group * group_ + rows_ * panels_.before(panel) + tap * sweep_.channels * width);
      }
    });
  }

  // The output's number for a position, of the first channel of a group.
  HG_INLINE float* output(int64_t image, int64_t plane, int64_t line, int64_t column, int64_t group) const {
    const Axis* axis = sweep_.axis;
    const int64_t p = axis[0].to + plane * axis[0].pace, l = axis[1].to + line * axis[1].pace,
                  c = axis[2].to + column * axis[2].pace;
    return target_.to + (((image * axis[0].out + p) * axis[1].out + l) * axis[2].out + c) * target_.pixel +
           group * target_.channels;
  }

  HG_INLINE const float* panel_at(int64_t group, int64_t panel) const {
    return packed_ + group * group_ + rows_ * panels_.before(panel);
  }

  // What is done to the sums of a panel; null: nothing.
  HG_INLINE const Finish* finish_of(int64_t group, int64_t panel, Finish& finish) const {
    if (target_.finish.bias == nullptr && target_.finish.activation == kNoActivation) return nullptr;
    finish = target_.finish.from(group * target_.channels + panels_.first(panel));
    return &finish;
  }

  // Calls body(unit, first panel, last panel + 1) for units on several threads; few units share their panels out.
  template <typename Body>
  HG_INLINE const char* share_out(int64_t units, Body body) const {
    const int64_t shares = units >= 32 ? 1 : smaller(panels_.count, parts_of(32, units));
    const int64_t size = parts_of(panels_.count, shares);
    const int64_t parts = parts_of(panels_.count, size);
    bool failed = false;
    parallel(units * parts, [&](int64_t chunk) {
      const int64_t first = chunk % parts * size;
      if (!body(chunk / parts, first, smaller(panels_.count, first + size))) __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
    });
    return failed ? kNoMemory : nullptr;
  }

  // Lines so short that tiles within them would have few rows.
  HG_INLINE bool narrow() const {
    const int64_t columns = sweep_.axis[2].count;
    return taps_ > 0 && columns / parts_of(columns, kTileRows) < kTileRows * 5 / 8;
  }

  const char* lines() const {
    const Regions regions = Regions::of(sweep_, 448, kTileRows);
    const bool joined = Lines::contiguous(sweep_);
    const int64_t inner = joined ? 1 : sweep_.axis[2].taps;
    return share_out(regions.count * sweep_.groups, [&](int64_t unit, int64_t begin, int64_t end) {
      const Region region = regions.at(unit % regions.count);
      const int64_t group = unit / regions.count;
      Lines lines;
      if (!lines.find(sweep_, region, group)) return false;
      const int64_t most = lines.outer() * inner;
      Run* runs = static_cast<Run*>(scratch(3, static_cast<size_t>(region.lines * (most * sizeof(Run) + sizeof(int64_t)) + 64)));
      if (runs == nullptr) return false;
      int64_t* counts = reinterpret_cast<int64_t*>(runs + region.lines * most);
      for (int64_t line = 0; line < region.lines; line++) {
        int64_t count = 0;
        for (int64_t outer = 0; outer < lines.outer(); outer++) {
          const float* from = lines.at(outer, line);
          if (from == nullptr) continue;
          for (int64_t j = 0; j < inner; j++)
            runs[line * most + count++] = {from + j * lines.tap(), (outer * sweep_.axis[2].taps + j) * sweep_.channels};
        }
        counts[line] = count;
      }
      const int64_t length = sweep_.channels * (joined ? sweep_.axis[2].taps : 1);
      const int64_t c_stride = sweep_.axis[2].pace * target_.pixel;
      for (int64_t panel = begin; panel < end; panel++) {
        Finish room;
        const Finish* finish = finish_of(group, panel, room);
        const float* b = panel_at(group, panel);
        for (int64_t line = 0; line < region.lines; line++) {
          const Runs all{runs + line * most, counts[line], length, lines.stride()};
          float* to = output(region.image, region.plane, region.line + line, region.column, group) + panels_.first(panel);
          even_tiles(region.columns, [&](int64_t first, int64_t rows) {
            run_tile_for<Form::kSweep>(rows, panels_.vectors(panel))(all, first * lines.stride(), b, to + first * c_stride,
                                                                    c_stride, panels_.width(panel), false, finish);
          });
        }
      }
      return true;
    });
  }

  // Copies what every position reads into a row of its own, so that tiles run on over the ends of lines.
  const char* patches() const {
    const Axis *planes = &sweep_.axis[0], *lines = &sweep_.axis[1], *columns = &sweep_.axis[2];
    const int64_t positions = positions_of(sweep_);
    const int64_t pitch = rows_ + 16;
    const int64_t room = (512 << 10) / (pitch * 4) / kTileRows * kTileRows;
    const int64_t size = smaller<int64_t>(448 / kTileRows * kTileRows, larger<int64_t>(kTileRows, room));
    const int64_t blocks = parts_of(positions, size);
    return share_out(blocks * sweep_.groups, [&](int64_t unit, int64_t begin, int64_t end) {
      const int64_t first = unit % blocks * size, count = smaller(size, positions - first), group = unit / blocks;
      float* rows = static_cast<float*>(scratch(2, static_cast<size_t>(size * pitch) * sizeof(float)));
      float** outputs = static_cast<float**>(scratch(1, static_cast<size_t>(size) * sizeof(float*)));
      if (rows == nullptr || outputs == nullptr) return false;
      for (int64_t p = 0; p < count; p++) {
        int64_t rest = first + p;
        const int64_t column = rest % columns->count;
        rest /= columns->count;
        const int64_t line = rest % lines->count;
        rest /= lines->count;
        const int64_t plane = rest % planes->count, image = rest / planes->count;
        outputs[p] = output(image, plane, line, column, group);
        gather(image, plane, line, column, group, rows + p * pitch);
      }
      float sums[kTileRows * kTileColumns];
      for (int64_t panel = begin; panel < end; panel++) {
        Finish finish_room;
        const Finish* finish = finish_of(group, panel, finish_room);
        const int64_t width = panels_.width(panel);
        const Run run{rows, 0};
        const Runs all{&run, 1, rows_, pitch};
        even_tiles(count, [&](int64_t at, int64_t height) {
          run_tile_for<Form::kSweep>(height, panels_.vectors(panel))(all, at * pitch, panel_at(group, panel), sums,
                                                                    kTileColumns, width, false, finish);
          for (int64_t i = 0; i < height; i++)
            memcpy(outputs[at + i] + panels_.first(panel), sums + i * kTileColumns, static_cast<size_t>(width) * 4);
        });
      }
      return true;
    });
  }

  HG_INLINE void gather(int64_t image, int64_t plane, int64_t line, int64_t column, int64_t group, float* to) const {
    const Axis *planes = &sweep_.axis[0], *lines = &sweep_.axis[1], *columns = &sweep_.axis[2];
    const int64_t channels = sweep_.channels;
    const size_t bytes = static_cast<size_t>(channels) * 4;
    const int64_t begin = columns->start + column * columns->stride;
    for (int64_t i = 0; i < planes->taps; i++) {
      const int64_t p = planes->start + plane * planes->stride + i * planes->step;
      for (int64_t j = 0; j < lines->taps; j++) {
        const int64_t l = lines->start + line * lines->stride + j * lines->step;
        if (p < 0 || p >= planes->in || l < 0 || l >= lines->in) {
          memset(to, 0, bytes * static_cast<size_t>(columns->taps));
          to += channels * columns->taps;
          continue;
        }
        const float* from = sweep_.from + ((image * planes->in + p) * lines->in + l) * columns->in * sweep_.pixel + group * channels;
        for (int64_t k = 0; k < columns->taps; k++, to += channels) {
          const int64_t c = begin + k * columns->step;
          if (c < 0 || c >= columns->in)
            memset(to, 0, bytes);
          else
            memcpy(to, from + c * sweep_.pixel, bytes);
        }
      }
    }
  }

  const Sweep sweep_;
  const Filter filter_;
  const Target target_;
  const Panels panels_;
  const float* packed_ = nullptr;
  int64_t taps_ = 0, rows_ = 0, group_ = 0;
};

}  // namespace HG_NAMESPACE
}  // namespace hourglass
