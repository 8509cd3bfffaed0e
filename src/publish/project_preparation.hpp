// From what a project shows to its opened indexes. An index of a live image that cannot be had is an error: the project
// must not go live so. One of a recent image costs visitors with old pages some files, and nothing else. Any thread;
// blocks.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.hpp"
#include "meta/meta_store.hpp"
#include "publish/host_changes.hpp"
#include "publish/image_indexes.hpp"
#include "publish/site_facts.hpp"

namespace sitepod::publish {

// Without a meter. Recent images take no more than `recent_bytes`.
Result<PreparedProject> prepare_project(ImageIndexes& indexes, meta::MetaStore& meta, const ProjectFacts& facts,
                                        std::string_view base_domain, std::size_t recent_bytes);

// The same from the boot log, before there is a database; recent images that left before `left_since` stay away.
Result<PreparedProject> open_logged_project(ImageIndexes& indexes, const LiveProject& project,
                                            const meta::RecentRule& recent, std::size_t recent_bytes);

}  // namespace sitepod::publish
