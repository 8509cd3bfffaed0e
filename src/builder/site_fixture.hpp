// A small site with one of everything, for the tests of this room.
#pragma once

#include <string>
#include <string_view>

#include "builder/site.hpp"

namespace sitepod::builder {

inline model::Timestamp at(int year, unsigned month, unsigned day, int hour = 10) {
  const auto date = std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
  return std::chrono::sys_days(date) + std::chrono::hours(hour);
}

inline model::Page make_page(model::ContentType type, std::string section, std::string slug, std::string title,
                             std::string content) {
  model::Page page;
  page.id = "id-" + section + "-" + slug;
  page.content_type = type;
  page.section = std::move(section);
  page.slug = std::move(slug);
  page.title = std::move(title);
  page.content = std::move(content);
  page.published_at = at(2024, 1, 15);
  page.created_at = page.updated_at = *page.published_at;
  return page;
}

inline model::Page& add_page(Site& site, model::Page page) {
  const auto added = std::make_shared<model::Page>(std::move(page));
  site.pages.push_back(added);
  return *added;
}

// A new version of the page, as builds get it.
inline model::Page& change_page(SharedPage& page) {
  const auto changed = std::make_shared<model::Page>(*page);
  page = changed;
  return *changed;
}

inline void set_switch(model::Look& look, model::Switch which, bool value) {
  look.switches[static_cast<std::size_t>(which)] = value ? model::SwitchValue::kTrue : model::SwitchValue::kFalse;
}

inline constexpr std::string_view kFeatures = R"(Everything a text can hold, in one place.

## Text

Some *emphasis*, some **strength**, `code`, ~~nothing~~, a [link](/docs/intro), https://example.org and a footnote.[^1]

> A quotation of somebody.

- [x] done
- [ ] open

1. one
2. two
   - nested

## Code

```cpp
#include <string>

// Adds two numbers.
int add(int a, int b) {
  return a + b;  // the sum
}
```

### Shell

```sh
curl -fsSL https://example.org/install | sh
```

## Tables

| Left | Center | Right |
|:-----|:------:|------:|
| a    | b      | 1     |
| c    | d      | 22    |

## Callouts

> [!NOTE]
> Something to know.

> [!WARNING]
> Something to watch for.

> [!TIP]
> Something that helps.

## Mathematics

Euler wrote $e^{i\pi} + 1 = 0$.

$$
\sum_{k=1}^{n} k = \frac{n(n+1)}{2}
$$

## Diagrams

```mermaid
graph LR
  A[Write] --> B{Build}
  B -->|works| C[Publish]
  B -->|fails| A
```

[^1]: Like this one.
)";

inline Site sample_site() {
  using model::ContentType;
  Site site;
  site.base_url = "https://field-notes.example";
  site.settings.title = "Field Notes";
  site.settings.description = "Notes on building small, fast things.";
  site.settings.newsletter_action = "https://letters.example/subscribe";
  site.settings.comments_html_url = "https://talk.example/field-notes";
  site.settings.tag_names = {{"ios", "iOS"}};
  site.settings.section_names = {{"api", "API"}, {"guides/ios", "iOS"}};
  site.authors = {{"author-1", "Ada Marsh", "ada-marsh", "Writes about storage.", ""},
                  {"author-2", "Jonas Weil", "jonas-weil", "", ""}};

  auto add = [&](model::Page page) -> model::Page& { return add_page(site, std::move(page)); };
  add(make_page(ContentType::kDocs, "", "intro", "Introduction",
                "What this is, and [how to begin](/docs/getting-started/install).\n\n## Why\n\nBecause.\n\n## "
                "How\n\nLike so.\n"))
      .order = 1;
  add(make_page(ContentType::kDocs, "getting-started", "install", "Install",
                "## Packages\n\n```sh\napt install field-notes\n```\n\n## From source\n\nSee [[Features]].\n"))
      .order = 1;
  add(make_page(ContentType::kDocs, "getting-started", "first-site", "Your first site", "Short.\n")).order = 2;
  add(make_page(ContentType::kDocs, "reference", "features", "Features", std::string(kFeatures)));
  model::Page& endpoint =
      add(make_page(ContentType::kDocs, "api", "list-users", "List users",
                    "Answers with all users.\n\n## Parameters\n\n`limit`: at most 100.\n\n## Errors\n\nNone.\n"));
  endpoint.api_endpoint = "GET /users";
  endpoint.description = "All users, newest first.";
  add(make_page(ContentType::kDocs, "api", "create-user", "Create a user", "Makes one.\n")).api_endpoint =
      "post /users";
  add(make_page(ContentType::kDocs, "api", "delete-user", "Delete a user", "Gone.\n")).api_endpoint =
      "DELETE /users/{id}";

  model::Page& first = add(make_page(
      ContentType::kBlog, "", "on-quiet-software", "On quiet software",
      "Software that keeps to itself is a pleasure to own. It starts fast, says little and does one thing well.\n\n## "
      "Noise\n\nMost programs interrupt.\n\n## Silence\n\nSome do not.\n\n### A short list\n\n- cat\n- grep\n"));
  first.tags = {"craft", "ios"};
  first.author_id = "author-1";
  first.published_at = at(2024, 5, 2);
  first.updated_at = at(2024, 6, 1);
  first.description = "Programs that say little and do one thing well.";
  model::Page& second = add(make_page(ContentType::kBlog, "", "measure-first", "Measure first",
                                      "Guesses about speed are wrong more often than not.\n"));
  second.tags = {"craft", "small things"};
  second.author_id = "author-2";
  second.published_at = at(2024, 3, 9);
  model::Page& third = add(make_page(ContentType::kBlog, "releases", "one-point-two", "Version 1.2",
                                     "Faster and smaller.\n\n![Lines](/media/ab/abcd.webp)\n"));
  third.published_at = at(2024, 4, 1);
  model::Page& secret = add(make_page(ContentType::kBlog, "", "for-friends", "For friends",
                                      "The treasure lies under the oak.\n\n## Where the oak stands\n\nNot telling.\n"));
  secret.password_hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA";
  secret.description = "A hidden description.";
  secret.tags = {"craft"};
  secret.published_at = at(2024, 2, 1);

  add(make_page(ContentType::kStandalone, "", "about", "About", "Who writes here.\n")).aliases = {"/who"};
  add(make_page(ContentType::kStandalone, "guides", "start", "Start here", "Begin.\n"));
  add(make_page(ContentType::kStandalone, "guides/ios", "widgets", "Widgets", "Small views.\n"));
  site.media = {{"media/ab/abcd.webp", {}, 1000, "image/webp", 1600, 900, {{800, "media/ab/abcd-800.webp"}}}};
  return site;
}

inline const BuiltFile* find_file(const BuiltSite& site, std::string_view path) {
  for (const BuiltFile& file : site.files)
    if (file.path == path) return &file;
  return nullptr;
}

inline std::string text_of(const BuiltSite& site, std::string_view path) {
  const BuiltFile* file = find_file(site, path);
  return file == nullptr ? "(no file " + std::string(path) + ")" : *file->bytes;
}

}  // namespace sitepod::builder
