// What a template may name: the fields of our own structures, described once so that names are checked when a template
// is loaded and values are read without a look-up by name. Built from pointers to members:
//   template <> const Shape& shape_of<LinkView>() {
//     static const Shape shape{"link", {field<&LinkView::title>("title"), field<&LinkView::url>("url")}};
//     return shape;
//   }
// Immutable; any thread. Records must outlive the rendering that reads them.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "builder/cache_key.hpp"
#include "builder/escape.hpp"

namespace sitepod::builder {

struct Shape;

enum class FieldKind : std::uint8_t { Text, Html, Flag, Record, List };

struct Field {
  std::string_view name;
  FieldKind kind = FieldKind::Text;
  // Exactly those of the kind are set; `text` for Html as well.
  std::string_view (*text)(const void*) = nullptr;
  const SafeHtml& (*html)(const void*) = nullptr;
  bool (*flag)(const void*) = nullptr;
  const void* (*record)(const void*) = nullptr;  // null: there is none
  std::size_t (*size)(const void*) = nullptr;
  const void* (*element)(const void*, std::size_t) = nullptr;
  const Shape& (*shape)() = nullptr;  // of the record or of the elements
};

struct Shape {
  std::string_view name;
  std::vector<Field> fields;
  // The key of a record that knows its own, so that records shared by many pages are hashed once; null: by its fields.
  const CacheKey& (*key)(const void*) = nullptr;

  const Field* find(std::string_view field_name) const {
    for (const Field& field : fields)
      if (field.name == field_name) return &field;
    return nullptr;
  }
};

template <typename T>
const Shape& shape_of();

// Adds everything that a template could show of a record.
void add_record(const Shape& shape, const void* record, KeyHasher& hasher);
void add_fields(const Shape& shape, const void* record, KeyHasher& hasher);
// By its fields, even when it knows its key: how that key is made.
template <typename T>
CacheKey key_of_fields(const T& record) {
  KeyHasher hasher;
  add_fields(shape_of<T>(), &record, hasher);
  return hasher.finish();
}

template <typename T>
concept KnowsItsKey = requires(const T& record) {
  { record.key } -> std::convertible_to<const CacheKey&>;
};

namespace shape_detail {

template <typename T>
struct MemberOf;
template <typename Owner, typename T>
struct MemberOf<T Owner::*> {
  using OwnerType = Owner;
  using Type = T;
};

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};

// The member itself, or what it points to.
template <auto Member>
const auto* target(const void* owner) {
  using Traits = MemberOf<decltype(Member)>;
  const auto& value = static_cast<const typename Traits::OwnerType*>(owner)->*Member;
  if constexpr (std::is_pointer_v<typename Traits::Type>)
    return value;
  else
    return &value;
}

template <auto Member, typename List>
void describe_list(Field& field) {
  field.kind = FieldKind::List;
  field.size = [](const void* owner) -> std::size_t {
    const auto* list = target<Member>(owner);
    return list == nullptr ? 0 : list->size();
  };
  using Element = typename List::value_type;
  field.element = [](const void* owner, std::size_t i) -> const void* {
    const auto& element = (*target<Member>(owner))[i];
    if constexpr (std::is_pointer_v<Element>)
      return element;
    else
      return &element;
  };
  field.shape = &shape_of<std::remove_const_t<std::remove_pointer_t<Element>>>;
}

}  // namespace shape_detail

template <auto Member>
Field field(std::string_view name) {
  using Traits = shape_detail::MemberOf<decltype(Member)>;
  using Owner = typename Traits::OwnerType;
  using T = std::remove_cv_t<std::remove_pointer_t<typename Traits::Type>>;
  Field made;
  made.name = name;
  if constexpr (std::is_same_v<T, bool>) {
    made.kind = FieldKind::Flag;
    made.flag = [](const void* owner) { return static_cast<const Owner*>(owner)->*Member; };
  } else if constexpr (std::is_same_v<T, SafeHtml>) {
    made.kind = FieldKind::Html;
    made.text = [](const void* owner) { return (static_cast<const Owner*>(owner)->*Member).view(); };
    made.html = [](const void* owner) -> const SafeHtml& { return static_cast<const Owner*>(owner)->*Member; };
  } else if constexpr (std::is_convertible_v<T, std::string_view>) {
    made.text = [](const void* owner) { return std::string_view(static_cast<const Owner*>(owner)->*Member); };
  } else if constexpr (shape_detail::IsVector<T>::value) {
    shape_detail::describe_list<Member, T>(made);
  } else {
    made.kind = FieldKind::Record;
    made.record = [](const void* owner) -> const void* { return shape_detail::target<Member>(owner); };
    made.shape = &shape_of<T>;
  }
  return made;
}

template <typename T>
Shape make_shape(std::string_view name, std::vector<Field> fields) {
  Shape made{name, std::move(fields), nullptr};
  if constexpr (KnowsItsKey<T>)
    made.key = [](const void* record) -> const CacheKey& { return static_cast<const T*>(record)->key; };
  return made;
}

}  // namespace sitepod::builder
