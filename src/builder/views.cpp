#include "builder/views.hpp"

namespace sitepod::builder {

template <>
const Shape& shape_of<LinkView>() {
  using V = LinkView;
  static const Shape shape =
      make_shape<V>("link", {field<&V::title>("title"), field<&V::url>("url"), field<&V::method>("method"),
                             field<&V::method_class>("method_class")});
  return shape;
}

template <>
const Shape& shape_of<GroupView>() {
  using V = GroupView;
  static const Shape shape = make_shape<V>(
      "group", {field<&V::id>("id"), field<&V::title>("title"), field<&V::url>("url"), field<&V::summary>("summary"),
                field<&V::links>("links"), field<&V::has_more>("has_more")});
  return shape;
}

template <>
const Shape& shape_of<SidebarView>() {
  using V = SidebarView;
  static const Shape shape =
      make_shape<V>("sidebar", {field<&V::title>("title"), field<&V::url>("url"), field<&V::links>("links"),
                                field<&V::groups>("groups"), field<&V::has_more>("has_more"),
                                field<&V::has_more_groups>("has_more_groups")});
  return shape;
}

template <>
const Shape& shape_of<NavigationItemView>() {
  using V = NavigationItemView;
  static const Shape shape =
      make_shape<V>("navigation item", {field<&V::title>("title"), field<&V::url>("url"), field<&V::area>("area")});
  return shape;
}

template <>
const Shape& shape_of<AssetsView>() {
  using V = AssetsView;
  static const Shape shape = make_shape<V>(
      "assets",
      {field<&V::css>("css"), field<&V::js>("js"), field<&V::early_js>("early_js"), field<&V::search_js>("search_js"),
       field<&V::math_js>("math_js"), field<&V::katex_js>("katex_js"), field<&V::katex_css>("katex_css"),
       field<&V::diagrams_js>("diagrams_js"), field<&V::mermaid_js>("mermaid_js"), field<&V::icon>("icon")});
  return shape;
}

template <>
const Shape& shape_of<SiteView>() {
  using V = SiteView;
  static const Shape shape = make_shape<V>(
      "site", {field<&V::title>("title"), field<&V::description>("description"), field<&V::url>("url"),
               field<&V::language>("language"), field<&V::logo_url>("logo_url"),
               field<&V::newsletter_action>("newsletter_action"), field<&V::security_policy>("security_policy"),
               field<&V::diagram_policy>("diagram_policy"), field<&V::navigation>("navigation"),
               field<&V::footer>("footer"), field<&V::assets>("assets"), field<&V::has_blog>("has_blog")});
  return shape;
}

template <>
const Shape& shape_of<TagView>() {
  using V = TagView;
  static const Shape shape =
      make_shape<V>("tag", {field<&V::title>("title"), field<&V::url>("url"), field<&V::count>("count")});
  return shape;
}

template <>
const Shape& shape_of<AuthorView>() {
  using V = AuthorView;
  static const Shape shape =
      make_shape<V>("author", {field<&V::name>("name"), field<&V::url>("url"), field<&V::bio>("bio"),
                               field<&V::avatar_url>("avatar_url"), field<&V::initial>("initial")});
  return shape;
}

template <>
const Shape& shape_of<DateView>() {
  using V = DateView;
  static const Shape shape =
      make_shape<V>("date", {field<&V::iso>("iso"), field<&V::text>("text"), field<&V::rfc822>("rfc822")});
  return shape;
}

template <>
const Shape& shape_of<TocEntryView>() {
  using V = TocEntryView;
  static const Shape shape =
      make_shape<V>("toc entry", {field<&V::id>("id"), field<&V::text>("text"), field<&V::children>("children")});
  return shape;
}

template <>
const Shape& shape_of<EntryView>() {
  using V = EntryView;
  static const Shape shape = make_shape<V>(
      "entry", {field<&V::title>("title"), field<&V::url>("url"), field<&V::absolute_url>("absolute_url"),
                field<&V::summary>("summary"), field<&V::reading_time>("reading_time"), field<&V::section>("section"),
                field<&V::link>("link"), field<&V::date>("date"), field<&V::updated>("updated"),
                field<&V::author>("author"), field<&V::tags>("tags"), field<&V::has_date>("has_date"),
                field<&V::has_author>("has_author"), field<&V::is_locked>("is_locked")});
  return shape;
}

template <>
const Shape& shape_of<FeedItemView>() {
  using V = FeedItemView;
  static const Shape shape = make_shape<V>("feed item", {field<&V::entry>("entry"), field<&V::html>("html")});
  return shape;
}

template <>
const Shape& shape_of<CrumbView>() {
  using V = CrumbView;
  static const Shape shape = make_shape<V>("crumb", {field<&V::title>("title"), field<&V::url>("url")});
  return shape;
}

template <>
const Shape& shape_of<HeadView>() {
  using V = HeadView;
  static const Shape shape = make_shape<V>("head", {field<&V::title>("title"),
                                                    field<&V::description>("description"),
                                                    field<&V::canonical>("canonical"),
                                                    field<&V::language>("language"),
                                                    field<&V::direction>("direction"),
                                                    field<&V::og_type>("og_type"),
                                                    field<&V::og_title>("og_title"),
                                                    field<&V::og_image>("og_image"),
                                                    field<&V::published>("published"),
                                                    field<&V::modified>("modified"),
                                                    field<&V::markdown_url>("markdown_url"),
                                                    field<&V::feed_url>("feed_url"),
                                                    field<&V::feed_title>("feed_title"),
                                                    field<&V::look_css>("look_css"),
                                                    field<&V::code_css>("code_css"),
                                                    field<&V::font_size>("font_size"),
                                                    field<&V::schema_type>("schema_type"),
                                                    field<&V::noindex>("noindex"),
                                                    field<&V::has_social_image>("has_social_image"),
                                                    field<&V::has_math>("has_math"),
                                                    field<&V::has_diagrams>("has_diagrams")});
  return shape;
}

template <>
const Shape& shape_of<PageView>() {
  using V = PageView;
  static const Shape shape = make_shape<V>("page", {field<&V::title>("title"),
                                                    field<&V::url>("url"),
                                                    field<&V::html>("html"),
                                                    field<&V::description>("description"),
                                                    field<&V::date>("date"),
                                                    field<&V::updated>("updated"),
                                                    field<&V::author>("author"),
                                                    field<&V::reading_time>("reading_time"),
                                                    field<&V::tags>("tags"),
                                                    field<&V::toc>("toc"),
                                                    field<&V::endpoint_method>("endpoint_method"),
                                                    field<&V::endpoint_method_class>("endpoint_method_class"),
                                                    field<&V::endpoint_path>("endpoint_path"),
                                                    field<&V::markdown_url>("markdown_url"),
                                                    field<&V::gallery_class>("gallery_class"),
                                                    field<&V::comments_url>("comments_url"),
                                                    field<&V::share>("share"),
                                                    field<&V::previous>("previous"),
                                                    field<&V::next>("next"),
                                                    field<&V::has_date>("has_date"),
                                                    field<&V::has_updated>("has_updated"),
                                                    field<&V::has_author>("has_author"),
                                                    field<&V::has_meta>("has_meta"),
                                                    field<&V::has_previous>("has_previous"),
                                                    field<&V::has_next>("has_next"),
                                                    field<&V::is_blog>("is_blog"),
                                                    field<&V::is_docs>("is_docs"),
                                                    field<&V::has_newsletter>("has_newsletter")});
  return shape;
}

template <>
const Shape& shape_of<ListView>() {
  using V = ListView;
  static const Shape shape =
      make_shape<V>("list", {field<&V::title>("title"), field<&V::intro>("intro"), field<&V::entries>("entries"),
                             field<&V::groups>("groups"), field<&V::tags>("tags"), field<&V::authors>("authors"),
                             field<&V::author>("author"), field<&V::newer_url>("newer_url"),
                             field<&V::older_url>("older_url"), field<&V::position>("position"),
                             field<&V::more_url>("more_url"), field<&V::groups_title>("groups_title"),
                             field<&V::feed_url>("feed_url"), field<&V::has_author>("has_author")});
  return shape;
}

template <>
const Shape& shape_of<HereView>() {
  using V = HereView;
  static const Shape shape =
      make_shape<V>("here", {field<&V::url>("url"), field<&V::area>("area"), field<&V::group>("group")});
  return shape;
}

template <>
const Shape& shape_of<DocumentView>() {
  using V = DocumentView;
  static const Shape shape =
      make_shape<V>("document", {field<&V::site>("site"), field<&V::head>("head"), field<&V::here>("here"),
                                 field<&V::crumbs>("crumbs"), field<&V::sidebar>("sidebar"), field<&V::page>("page"),
                                 field<&V::list>("list")});
  return shape;
}

template <>
const Shape& shape_of<FeedView>() {
  using V = FeedView;
  static const Shape shape =
      make_shape<V>("feed", {field<&V::title>("title"), field<&V::description>("description"), field<&V::url>("url"),
                             field<&V::feed_url>("feed_url"), field<&V::language>("language"),
                             field<&V::updated>("updated"), field<&V::items>("items")});
  return shape;
}

template <>
const Shape& shape_of<SitemapView>() {
  using V = SitemapView;
  static const Shape shape = make_shape<V>("sitemap", {field<&V::entries>("entries")});
  return shape;
}

}  // namespace sitepod::builder
