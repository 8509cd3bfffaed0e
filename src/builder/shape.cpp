#include "builder/shape.hpp"

namespace sitepod::builder {
namespace {

void add_field(const Field& field, const void* owner, KeyHasher& hasher) {
  switch (field.kind) {
    case FieldKind::Text:
      hasher.add(field.text(owner));
      return;
    case FieldKind::Html:
      hasher.add(field.html(owner).key());
      return;
    case FieldKind::Flag:
      hasher.add(std::uint64_t{field.flag(owner)});
      return;
    case FieldKind::Record: {
      const void* record = field.record(owner);
      hasher.add(std::uint64_t{record != nullptr});
      if (record != nullptr) add_record(field.shape(), record, hasher);
      return;
    }
    case FieldKind::List: {
      const std::size_t size = field.size(owner);
      hasher.add(std::uint64_t{size});
      for (std::size_t i = 0; i < size; ++i) add_record(field.shape(), field.element(owner, i), hasher);
      return;
    }
  }
}

}  // namespace

void add_record(const Shape& shape, const void* record, KeyHasher& hasher) {
  if (shape.key != nullptr) {
    hasher.add(shape.key(record));
    return;
  }
  add_fields(shape, record, hasher);
}

void add_fields(const Shape& shape, const void* record, KeyHasher& hasher) {
  for (const Field& field : shape.fields) add_field(field, record, hasher);
}

}  // namespace sitepod::builder
