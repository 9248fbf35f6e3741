// Parts of a sweep that fit into the cache, and the lines of the picture that one reads: where they lie, or, where the
// filter reaches over the border or a group's channels have to be put together, copied with zeros around.
#pragma once
#include "geometry.h"

namespace hourglass {
namespace HG_NAMESPACE {

struct Region {
  int64_t image, plane, line, lines, column, columns;  // positions
};

struct Regions {
  int64_t planes, line_parts, line_size, column_parts, column_size, lines, columns, count;

  // Regions of about `pixels` positions; column parts are multiples of `tile`.
  static HG_INLINE Regions of(const Sweep& sweep, int64_t pixels, int64_t tile) {
    Regions all{};
    all.planes = sweep.axis[0].count;
    all.lines = sweep.axis[1].count;
    all.columns = sweep.axis[2].count;
    if (sweep.batch * all.planes * all.lines * all.columns == 0) return all;
    all.column_size = all.columns;
    if (all.columns > pixels) {
      const int64_t even = parts_of(all.columns, parts_of(all.columns, pixels));
      all.column_size = smaller(all.columns, parts_of(even, tile) * tile);
    }
    const int64_t lines = smaller(all.lines, larger<int64_t>(1, pixels / all.column_size));
    all.line_size = parts_of(all.lines, parts_of(all.lines, lines));
    all.column_parts = parts_of(all.columns, all.column_size);
    all.line_parts = parts_of(all.lines, all.line_size);
    all.count = sweep.batch * all.planes * all.line_parts * all.column_parts;
    return all;
  }

  HG_INLINE Region at(int64_t index) const {
    Region region;
    region.column = index % column_parts * column_size;
    region.columns = smaller(column_size, columns - region.column);
    index /= column_parts;
    region.line = index % line_parts * line_size;
    region.lines = smaller(line_size, lines - region.line);
    index /= line_parts;
    region.plane = index % planes;
    region.image = index / planes;
    return region;
  }
};

// Numbers a cache line apart by a multiple of this many fall into the same few places of the cache.
constexpr int64_t kAliasing = 1024;

// The lines of one region and group, by (tap of the plane, tap of the line) and line: the address of the number that the
// region's first position reads with the first tap of a line, or null when the whole line is beyond the border.
class Lines {
 public:
  // Whether all taps of a line and their channels are one run of numbers; if not, each tap is one.
  static HG_INLINE bool contiguous(const Sweep& sweep) {
    const Axis& columns = sweep.axis[2];
    return columns.taps == 1 || (columns.step == 1 && columns.stride * sweep.channels % kAliasing != 0);
  }

  // Uses scratch slots 1 and 2; false when there is no memory.
  HG_INLINE bool find(const Sweep& sweep, const Region& region, int64_t group) {
    const Axis &planes = sweep.axis[0], &lines = sweep.axis[1], &columns = sweep.axis[2];
    outer_ = planes.taps * lines.taps;
    lines_ = region.lines;
    if (outer_ * columns.taps == 0) {
      outer_ = 0;
      return true;
    }
    const int64_t begin = columns.start + region.column * columns.stride;
    const int64_t width = (region.columns - 1) * columns.stride + (columns.taps - 1) * columns.step + 1;
    const bool joined = columns.taps > 1 && contiguous(sweep);
    const bool in_place = begin >= 0 && begin + width <= columns.in && !(joined && sweep.pixel != sweep.channels) &&
                          columns.stride * sweep.pixel % kAliasing != 0;
    const int64_t aliased = columns.stride * sweep.channels % kAliasing == 0 ? 16 : 0;
    pixel_ = in_place ? sweep.pixel : sweep.channels + aliased;
    stride_ = pixel_ * columns.stride;
    tap_ = pixel_ * columns.step;

    const int64_t low = lines.start + region.line * lines.stride;
    const int64_t span = (region.lines - 1) * lines.stride + (lines.taps - 1) * lines.step + 1;
    const int64_t from = larger<int64_t>(low, 0), to = smaller(low + span, lines.in);
    const int64_t within = larger<int64_t>(0, to - from);
    const int64_t entries = outer_ * region.lines;
    table_ = static_cast<const float**>(scratch(1, static_cast<size_t>(entries + within) * sizeof(float*)));
    if (table_ == nullptr) return false;
    const float** made = table_ + entries;  // copies of the lines from … to of the plane in hand
    const int64_t pitch = width * pixel_ + 16;
    float* room = nullptr;
    if (!in_place) {
      const int64_t needed = planes.taps * smaller(within, region.lines * lines.taps);
      room = static_cast<float*>(scratch(2, static_cast<size_t>(needed * pitch + 16) * sizeof(float)));
      if (room == nullptr) return false;
    }
    for (int64_t i = 0; i < planes.taps; i++) {
      const int64_t plane = planes.start + region.plane * planes.stride + i * planes.step;
      const bool outside = plane < 0 || plane >= planes.in;
      const float* pictures =
          sweep.from + (region.image * planes.in + plane) * lines.in * columns.in * sweep.pixel + group * sweep.channels;
      for (int64_t line = 0; line < within; line++) made[line] = nullptr;
      for (int64_t j = 0; j < lines.taps; j++) {
        const float** entry = table_ + (i * lines.taps + j) * region.lines;
        for (int64_t q = 0; q < region.lines; q++) {
          const int64_t line = low + q * lines.stride + j * lines.step;
          entry[q] = nullptr;
          if (outside || line < 0 || line >= lines.in) continue;
          const float* source = pictures + line * columns.in * sweep.pixel;
          if (in_place) {
            entry[q] = source + begin * sweep.pixel;
            continue;
          }
          if (made[line - from] == nullptr) {
            copy(source, sweep, begin, width, columns.in, room);
            made[line - from] = room;
            room += pitch;
          }
          entry[q] = made[line - from];
        }
      }
    }
    return true;
  }

  // Of tap (plane, line) number `outer`.
  HG_INLINE const float* at(int64_t outer, int64_t line) const { return table_[outer * lines_ + line]; }
  HG_INLINE int64_t outer() const { return outer_; }
  // Numbers from one position to the next, and from one tap of a line to the next.
  HG_INLINE int64_t stride() const { return stride_; }
  HG_INLINE int64_t tap() const { return tap_; }

 private:
  HG_INLINE void copy(const float* source, const Sweep& sweep, int64_t begin, int64_t width, int64_t in, float* to) const {
    const int64_t before = smaller(width, larger<int64_t>(0, -begin));
    const int64_t end = larger(before, smaller(width, in - begin));
    memset(to, 0, static_cast<size_t>(before * pixel_) * sizeof(float));
    if (pixel_ == sweep.pixel) {
      memcpy(to + before * pixel_, source + (begin + before) * pixel_, static_cast<size_t>((end - before) * pixel_) * 4);
    } else {
      for (int64_t p = before; p < end; p++)
        memcpy(to + p * pixel_, source + (begin + p) * sweep.pixel, static_cast<size_t>(sweep.channels) * 4);
    }
    memset(to + end * pixel_, 0, static_cast<size_t>((width - end) * pixel_) * sizeof(float));
  }

  const float** table_ = nullptr;
  int64_t outer_ = 0, lines_ = 0, pixel_ = 0, stride_ = 0, tap_ = 0;
};

}  // namespace HG_NAMESPACE
}  // namespace hourglass
