#include "meta/blob_presence.hpp"
#include "meta/collection.hpp"
#include "meta/plan_parts.hpp"
#include "meta/recent_images.hpp"
#include "meta/store_fixture.hpp"

namespace sitepod::meta {
namespace {

class Records : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Engines, Records, ::testing::ValuesIn(kEngines), engine_name);

std::string ids_of(const std::vector<Image>& images) {
  std::string out;
  for (const Image& image : images) out += image.id + " ";
  return out;
}

TEST_P(Records, AccountIsFoundByIdAndEmail) {
  add_account("usr_a");
  auto found = must_read([](Session& s) { return find_account_by_email(s, "usr_a@example.com"); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, "usr_a");
  EXPECT_EQ(found->password_hash, "hash");
  EXPECT_EQ(found->kind, "human");
  EXPECT_EQ(found->created_at, Instant{1000});
  EXPECT_FALSE(must_read([](Session& s) { return find_account(s, "usr_b"); }));
  EXPECT_EQ(must_read([](Session& s) { return count_human_accounts(s); }), 1);
  must_write([](Session& s) { return set_password_hash(s, "usr_a", "other"); });
  EXPECT_EQ(must_read([](Session& s) { return find_account(s, "usr_a"); })->password_hash, "other");
}

TEST_P(Records, SecondAccountWithTheSameEmailIsAConflict) {
  add_account("usr_a");
  auto second = store_->write([](Session& s) {
    return insert_account(s, {"usr_b", "usr_a@example.com", "", true, "human", {}});
  });
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::Conflict);
  EXPECT_EQ(second.error().code, "conflict");
}

TEST_P(Records, TokenKeepsEveryField) {
  add_account("usr_a");
  add_project("prj_a", "usr_a");
  Token token{"tok_a", sha256("secret"), "usr_a", "ci",       "api",       "deploy read",
              "prj_a", "beta",           {1},     Instant{9}, std::nullopt};
  must_write([&](Session& s) { return insert_token(s, token); });
  auto found = must_read([&](Session& s) { return find_token_by_digest(s, token.digest); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->project_id, "prj_a");
  EXPECT_EQ(found->environment, "beta");
  EXPECT_EQ(found->scopes, "deploy read");
  EXPECT_EQ(found->expires_at, Instant{9});
  EXPECT_FALSE(found->last_used_at);
  must_write([&](Session& s) { return touch_token(s, "tok_a", {5}, std::nullopt); });
  found = must_read([&](Session& s) { return find_token_by_digest(s, token.digest); });
  EXPECT_EQ(found->last_used_at, Instant{5});
  EXPECT_FALSE(found->expires_at);
  must_write([&](Session& s) { return delete_token(s, "tok_a"); });
  EXPECT_FALSE(must_read([&](Session& s) { return find_token_by_digest(s, token.digest); }));
}

TEST_P(Records, TokenOfADeletedProjectDoesNotBecomeOneForAll) {
  add_account("usr_a");
  add_project("prj_a", "usr_a");
  for (std::string project : {"", "prj_a"}) {
    Token token{"tok_" + project, sha256(project), "usr_a", "", "api", "", project, "", {}, std::nullopt, std::nullopt};
    must_write([&](Session& s) { return insert_token(s, token); });
  }
  must_write([](Session& s) { return s.execute("DELETE FROM projects WHERE id = 'prj_a'"); });
  EXPECT_TRUE(must_read([](Session& s) { return find_token_by_digest(s, sha256("")); }));
  EXPECT_FALSE(must_read([](Session& s) { return find_token_by_digest(s, sha256("prj_a")); }));
}

TEST_P(Records, ProjectNamesAreUniqueWithoutRegardToCase) {
  add_account("usr_a");
  must_write([](Session& s) { return insert_project(s, {"prj_a", "Foo", "foo", "usr_a", {1}, {1}}); });
  auto found = must_read([](Session& s) { return find_project_by_name(s, "fOO"); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "Foo");
  auto same_name = store_->write([](Session& s) {
    return insert_project(s, {"prj_b", "FOO", "foo-2", "usr_a", {1}, {1}});
  });
  EXPECT_EQ(same_name.error().kind, ErrorKind::Conflict);
  auto same_subdomain = store_->write([](Session& s) {
    return insert_project(s, {"prj_b", "Bar", "foo", "usr_a", {1}, {1}});
  });
  EXPECT_EQ(same_subdomain.error().kind, ErrorKind::Conflict);
  EXPECT_EQ(must_read([](Session& s) { return find_project_by_subdomain(s, "foo"); })->id, "prj_a");
  EXPECT_EQ(must_read([](Session& s) { return count_projects_of(s, "usr_a"); }), 1);
}

TEST_P(Records, ProjectsAreListedByNewestUpdate) {
  add_account("usr_a");
  add_account("usr_b");
  add_project("prj_1", "usr_a", {10});
  add_project("prj_2", "usr_a", {30});
  add_project("prj_3", "usr_b", {20});
  auto names = [&](std::string_view owner, std::int64_t limit, std::int64_t offset) {
    std::string out;
    for (const Project& project : must_read([&](Session& s) { return list_projects(s, owner, limit, offset); }))
      out += project.id + " ";
    return out;
  };
  EXPECT_EQ(names("", 10, 0), "prj_2 prj_3 prj_1 ");
  EXPECT_EQ(names("usr_a", 10, 0), "prj_2 prj_1 ");
  EXPECT_EQ(names("", 1, 1), "prj_3 ");
  add_image("img_1", "prj_1");
  EXPECT_EQ(names("", 1, 0), "prj_1 ");
  std::string all;
  must_read([&](Session& s) { return each_project_id(s, [&](std::string_view id) { all += std::string(id) + " "; }); });
  EXPECT_EQ(all, "prj_1 prj_2 prj_3 ");
}

TEST_P(Records, DurableBlobStaysDurable) {
  Blob blob = add_blob("x", "run_1");
  EXPECT_EQ(must_read([&](Session& s) { return find_blob(s, blob.sha256); })->staged_by, "run_1");
  add_blob("x", "run_2");
  EXPECT_EQ(must_read([&](Session& s) { return find_blob(s, blob.sha256); })->staged_by, "run_2");
  must_write([&](Session& s) { return mark_blob_durable(s, blob.sha256); });
  add_blob("x", "run_3");
  EXPECT_EQ(must_read([&](Session& s) { return find_blob_by_blake3(s, blob.blake3); })->staged_by, "");
}

TEST_P(Records, BlobIsPresentOnlyForTheAccountThatHasIt) {
  add_account("usr_a");
  add_account("usr_b");
  Blob blob = add_blob("x");
  must_write([&](Session& s) { return grant_blob(s, "usr_a", blob.sha256); });
  must_write([&](Session& s) { return grant_blob(s, "usr_a", blob.sha256); });
  for (const Digest& name : {blob.sha256, blob.blake3}) {
    EXPECT_TRUE(must_read([&](Session& s) { return find_blob_of_account(s, "usr_a", name); }));
    EXPECT_FALSE(must_read([&](Session& s) { return find_blob_of_account(s, "usr_b", name); }));
  }
  EXPECT_TRUE(must_read([&](Session& s) { return account_has_blobs(s, "usr_a"); }));
  EXPECT_FALSE(must_read([&](Session& s) { return account_has_blobs(s, "usr_b"); }));
  must_write([&](Session& s) { return delete_blob(s, blob.sha256); });
  EXPECT_FALSE(must_read([&](Session& s) { return find_blob_of_account(s, "usr_a", blob.sha256); }));
  EXPECT_FALSE(must_read([&](Session& s) { return account_has_blobs(s, "usr_a"); }));
}

TEST_P(Records, UnknownBlobCannotBeGranted) {
  add_account("usr_a");
  EXPECT_FALSE(store_->write([](Session& s) { return grant_blob(s, "usr_a", sha256("nowhere")); }).ok());
}

TEST_P(Records, ManyBlobsAreFoundLikeOneByOne) {
  add_account("usr_a");
  add_account("usr_b");
  std::vector<Digest> names;
  must_write([&](Session& s) -> Result<void> {
    for (int i = 0; i < 600; ++i) {
      std::string content = std::to_string(i);
      Blob blob{sha256(content), sha256("blake3 of " + content), content.size(), ""};
      if (i % 5 != 0) SITEPOD_TRY(upsert_blob(s, blob, {1}));
      if (i % 5 > 1) SITEPOD_TRY(grant_blob(s, i % 5 == 2 ? "usr_b" : "usr_a", blob.sha256));
      names.push_back(i % 2 == 0 ? blob.sha256 : blob.blake3);
    }
    return {};
  });
  names.push_back(names[3]);  // a name may come twice
  std::map<std::size_t, Digest> found;
  must_read([&](Session& s) {
    return find_blobs_of_account(s, "usr_a", names,
                                 [&](std::size_t position, const Blob& blob) { found[position] = blob.sha256; });
  });
  EXPECT_EQ(found.size(), 241u);
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto one = must_read([&](Session& s) { return find_blob_of_account(s, "usr_a", names[i]); });
    ASSERT_EQ(one.has_value(), found.contains(i)) << i;
    EXPECT_TRUE(!one || one->sha256 == found[i]);
  }
}

TEST_P(Records, ABlobIsNotFoundUnderADigestThatItsNameIsNot) {
  add_account("usr_a");
  Blob blob = add_blob("x");
  must_write([&](Session& s) { return grant_blob(s, "usr_a", blob.sha256); });
  const Digest names[] = {blob.sha256, blob.blake3};
  std::vector<std::size_t> found;
  const auto note = [&](std::size_t position, const Blob&) { found.push_back(position); };
  must_read([&](Session& s) { return find_blobs_by_sha256(s, "usr_a", names, note); });
  EXPECT_EQ(found, std::vector<std::size_t>{0});
  must_read([&](Session& s) { return find_blobs_by_blake3(s, "usr_a", names, note); });
  EXPECT_EQ(found, (std::vector<std::size_t>{0, 1}));
  must_read([&](Session& s) { return find_blobs_by_sha256(s, "usr_b", names, note); });
  EXPECT_EQ(found.size(), 2u);
}

TEST_P(Records, EachBlobStopsWhenAsked) {
  add_blob("a");
  add_blob("b");
  int seen = 0;
  must_read([&](Session& s) { return each_blob(s, [&](const Blob&) { return ++seen < 1; }); });
  EXPECT_EQ(seen, 1);
}

TEST_P(Records, VariantsOfManyBlobsAreFoundLikeOneByOne) {
  std::vector<Digest> sources;
  for (int i = 0; i < 200; ++i) {
    const Blob blob = add_blob(std::to_string(i));
    sources.push_back(blob.sha256);
    must_write([&](Session& s) -> Result<void> {
      for (const std::string_view encoding : {"br", "gzip", "zstd"})
        if (i % 5 != 0 && (i % 3 == 0 || encoding != "zstd"))
          SITEPOD_TRY(insert_variant(s, {blob.sha256, std::string(encoding), sha256(encoding), 1}));
      return {};
    });
  }
  sources.push_back(sha256("unknown"));
  sources.push_back(sources[3]);  // a source may come twice
  std::map<std::size_t, std::vector<std::string>> found;
  must_read([&](Session& s) {
    return find_variants_of(s, sources, [&](std::size_t position, const Variant& variant) {
      EXPECT_EQ(variant.source, sources[position]);
      found[position].push_back(variant.encoding);
    });
  });
  for (std::size_t i = 0; i < sources.size(); ++i) {
    std::vector<std::string> one;
    for (const Variant& variant : must_read([&](Session& s) { return find_variants(s, sources[i]); }))
      one.push_back(variant.encoding);
    EXPECT_EQ(found[i], one) << i;
  }
}

TEST_P(Records, FirstVariantOfABlobIsKept) {
  Blob blob = add_blob("x");
  must_write([&](Session& s) { return insert_variant(s, {blob.sha256, "gzip", sha256("1"), 7}); });
  must_write([&](Session& s) { return insert_variant(s, {blob.sha256, "gzip", sha256("2"), 8}); });
  must_write([&](Session& s) { return insert_variant(s, {blob.sha256, "br", Digest{}, 0}); });
  auto variants = must_read([&](Session& s) { return find_variants(s, blob.sha256); });
  ASSERT_EQ(variants.size(), 2u);
  EXPECT_EQ(variants[0].encoding, "br");
  EXPECT_EQ(variants[1].size, 7u);
  EXPECT_EQ(variants[1].blob, sha256("1"));
}

TEST_P(Records, PlanLivesUntilItIsCommittedOrExpires) {
  add_account("usr_a");
  add_project("prj_a", "usr_a");
  std::string entries("\0packed\xff", 8);
  entries.append(kPlanPartBytes * 2, 'x').append("end");  // three parts
  Plan plan{"plan_a", "prj_a", "usr_a", entries, 3, "hash", "message", {"c", "b", "m"}, {1}, {10}, ""};
  must_write([&](Session& s) { return insert_plan(s, plan); });
  auto whole = must_read([](Session& s) { return find_plan(s, "plan_a"); });
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->entries == entries);
  EXPECT_EQ(whole->file_count, 3u);
  EXPECT_EQ(whole->git.branch, "b");
  EXPECT_EQ(whole->expires_at, Instant{10});
  auto head = must_read([](Session& s) { return find_plan_head(s, "plan_a"); });
  EXPECT_EQ(head->entries, "");
  EXPECT_EQ(head->content_hash, "hash");
  must_write([](Session& s) { return renew_plan(s, "plan_a", {20}); });
  EXPECT_EQ(must_write([](Session& s) { return delete_expired_plans(s, {20}); }), 0);
  must_write([](Session& s) { return set_plan_committed(s, "plan_a", "img_a"); });
  whole = must_read([](Session& s) { return find_plan(s, "plan_a"); });
  EXPECT_EQ(whole->image_id, "img_a");
  EXPECT_EQ(whole->entries, "");
  EXPECT_EQ(must_write([](Session& s) { return delete_expired_plans(s, {21}); }), 1);
  EXPECT_FALSE(must_read([](Session& s) { return find_plan_head(s, "plan_a"); }));
}

TEST_P(Records, ImagesAreNumberedWithinTheirProject) {
  add_account("usr_a");
  add_project("prj_a", "usr_a");
  add_project("prj_b", "usr_a");
  Image first = add_image("img_1", "prj_a");
  Image other = add_image("img_2", "prj_b");
  Image second = add_image("img_3", "prj_a");
  EXPECT_EQ(first.version, 1);
  EXPECT_EQ(other.version, 1);
  EXPECT_EQ(second.version, 2);
  EXPECT_LT(first.seq, other.seq);
  EXPECT_LT(other.seq, second.seq);
  auto found = must_read([](Session& s) { return find_image_by_version(s, "prj_a", 2); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, "img_3");
  EXPECT_EQ(found->manifest, sha256("img_3"));
  EXPECT_EQ(found->total_size, 30u);
  EXPECT_EQ(found->git.message, "git message");
  EXPECT_EQ(found->created_at, Instant{2000});
  EXPECT_EQ(must_read([](Session& s) { return find_newest_image(s, "prj_a"); })->id, "img_3");
  EXPECT_EQ(ids_of(must_read([](Session& s) { return list_images(s, "prj_a", 10, 0); })), "img_3 img_1 ");
  EXPECT_EQ(ids_of(must_read([](Session& s) { return list_images(s, "prj_a", 1, 1); })), "img_1 ");
  EXPECT_EQ(must_read([](Session& s) { return count_images(s, "prj_a"); }), 2);
}

TEST_P(Records, NumberOfADeletedImageIsNeverGivenAgain) {
  add_account("usr_a");
  add_project("prj_a", "usr_a");
  Image first = add_image("img_1", "prj_a");
  must_write([](Session& s) { return s.execute("DELETE FROM images WHERE id = 'img_1'"); });
  Image second = add_image("img_2", "prj_a");
  EXPECT_EQ(second.version, 2);
  EXPECT_GT(second.seq, first.seq);
}

TEST_P(Records, OnePlanMakesOneImage) {
  add_account("usr_a");
  add_project("prj_a", "usr_a");
  add_image("img_1", "prj_a", "plan_a");
  auto second = store_->write([](Session& s) {
    return insert_image(s, {"img_2", 0, 0, "prj_a", Digest{}, 0, 0, "", {}, "plan_a", {}, "pending"});
  });
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::Conflict);
  EXPECT_EQ(must_read([](Session& s) { return find_image_of_plan(s, "plan_a"); })->id, "img_1");
  // Images without a plan are not copies of each other.
  add_image("img_3", "prj_a");
  EXPECT_EQ(add_image("img_4", "prj_a").version, 3);
}

TEST_P(Records, ImageOfAnUnknownProjectIsNotFound) {
  auto inserted = store_->write([](Session& s) {
    return insert_image(s, {"img_1", 0, 0, "prj_x", Digest{}, 0, 0, "", {}, "", {}, "pending"});
  });
  ASSERT_FALSE(inserted.ok());
  EXPECT_EQ(inserted.error().kind, ErrorKind::NotFound);
}

TEST_P(Records, ImagesToEncodeComeUnstartedFirst) {
  add_account("usr_a");
  add_project("prj_a", "usr_a");
  add_image("img_1", "prj_a", "", "gzip");
  add_image("img_2", "prj_a", "", "done");
  add_image("img_3", "prj_a");
  add_image("img_4", "prj_a");
  EXPECT_EQ(ids_of(must_read([](Session& s) { return list_images_to_encode(s, 10); })), "img_3 img_4 img_1 ");
  must_write([](Session& s) { return set_encoding_state(s, "img_3", "done"); });
  EXPECT_EQ(ids_of(must_read([](Session& s) { return list_images_to_encode(s, 1); })), "img_4 ");
  std::string all;
  must_read([&](Session& s) {
    return each_image(s, [&](const Image& image) {
      all += image.id + " ";
      return all.size() < 12;
    });
  });
  EXPECT_EQ(all, "img_1 img_2 ");
}

TEST_P(Records, EnvironmentPointsToItsImage) {
  add_account("usr_a");
  add_project("prj_a", "usr_a");
  add_image("img_1", "prj_a");
  add_image("img_2", "prj_a");
  must_write([](Session& s) { return upsert_environment(s, {"prj_a", "prod", "img_1", "", 5, 0, {1}}); });
  must_write([](Session& s) { return upsert_environment(s, {"prj_a", "prod", "img_2", "img_1", 6, 42, {2}}); });
  must_write([](Session& s) { return upsert_environment(s, {"prj_a", "beta", "img_1", "", 1, 0, {3}}); });
  auto prod = must_read([](Session& s) { return find_environment(s, "prj_a", "prod"); });
  ASSERT_TRUE(prod);
  EXPECT_EQ(prod->image_id, "img_2");
  EXPECT_EQ(prod->previous_image_id, "img_1");
  EXPECT_EQ(prod->walk_before, 6);
  EXPECT_EQ(prod->source_seq, 42);
  EXPECT_EQ(must_read([](Session& s) { return list_environments(s, "prj_a"); }).front().name, "beta");
  EXPECT_FALSE(must_read([](Session& s) { return find_environment(s, "prj_a", "other"); }));
}

TEST_P(Records, ImageThatIsLiveCannotBeDeleted) {
  add_account("usr_a");
  add_project("prj_a", "usr_a");
  add_image("img_1", "prj_a");
  must_write([](Session& s) { return upsert_environment(s, {"prj_a", "prod", "img_1", "", 0, 0, {1}}); });
  EXPECT_FALSE(store_->write([](Session& s) { return s.execute("DELETE FROM images WHERE id = 'img_1'"); }).ok());
  EXPECT_TRUE(must_read([](Session& s) { return find_image(s, "img_1"); }));
}

TEST_P(Records, ReleasesAreWalkedBackByDeploys) {
  add_account("usr_a");
  add_project("prj_a", "usr_a");
  for (auto id : {"img_1", "img_2", "img_3"}) add_image(id, "prj_a");
  std::int64_t first = add_release("prj_a", "prod", "img_1");
  std::int64_t second = add_release("prj_a", "prod", "img_2");
  std::int64_t back = add_release("prj_a", "prod", "img_1", "rollback");
  std::int64_t again = add_release("prj_a", "prod", "img_2");
  add_release("prj_a", "beta", "img_3");
  auto earlier = [&](std::int64_t before, std::string_view not_image) {
    auto found = must_read([&](Session& s) { return find_earlier_deploy(s, "prj_a", "prod", before, not_image); });
    return found ? found->seq : 0;
  };
  EXPECT_EQ(earlier(again + 1, "img_2"), first);
  EXPECT_EQ(earlier(again + 1, ""), again);
  EXPECT_EQ(earlier(back, ""), second);
  EXPECT_EQ(earlier(first, ""), 0);
  EXPECT_EQ(must_read([](Session& s) { return find_deploy_of_image(s, "prj_a", "prod", "img_1"); })->seq, first);
  EXPECT_FALSE(must_read([](Session& s) { return find_deploy_of_image(s, "prj_a", "prod", "img_3"); }));
  EXPECT_EQ(must_read([&](Session& s) { return find_deploy_of_image(s, "prj_a", "prod", "img_2", again); })->seq,
            second);
  EXPECT_EQ(must_read([&](Session& s) { return find_deploy_that_showed(s, "prj_a", "prod", "img_2", again); })->seq,
            again);
  EXPECT_EQ(must_read([&](Session& s) { return find_deploy_that_showed(s, "prj_a", "prod", "img_2", back); })->seq,
            second);
  EXPECT_EQ(ids_of(must_read([](Session& s) { return list_images_released_to(s, "prj_a", "prod", 10, 0); })),
            "img_2 img_1 ");
  EXPECT_EQ(must_read([](Session& s) { return count_images_released_to(s, "prj_a", "prod"); }), 2);
  auto releases = must_read([](Session& s) { return list_releases(s, "prj_a", 2, 1); });
  ASSERT_EQ(releases.size(), 2u);
  EXPECT_EQ(releases[0].seq, again);
  EXPECT_EQ(releases[1].kind, "rollback");
  EXPECT_EQ(releases[1].actor_address, "127.0.0.1");
}

TEST_P(Records, RecentImagesAreThoseThatLeftAnEnvironmentSinceThen) {
  add_account("usr_a");
  add_project("prj_a", "usr_a");
  for (auto id : {"img_1", "img_2", "img_3", "img_4"}) add_image(id, "prj_a");
  Environment prod{"prj_a", "prod", "", "", 0, 0, {0}};
  Environment beta{"prj_a", "beta", "", "", 0, 0, {0}};
  auto move = [&](Environment& to, const std::string& image, Instant at) {
    Release release{0, "prj_a", to.name, image, to.image_id, "deploy", "usr_a", "", "", "", at};
    must_write([&](Session& s) { return insert_release(s, release); });
    to.previous_image_id = std::exchange(to.image_id, image);
    to.updated_at = at;
  };
  auto recent = [&](const Environment& of, RecentRule rule) {
    std::string found;
    for (const RecentImage& image : must_read([&](Session& s) { return list_recent_images(s, of, rule); }))
      found += image.id + "@" + std::to_string(image.left_at.unix_ms) + " ";
    return found;
  };
  move(prod, "img_1", {10});
  EXPECT_EQ(recent(prod, {{0}, 8}), "") << "nothing was there before";
  move(prod, "img_2", {20});
  move(prod, "img_3", {30});
  move(beta, "img_4", {35});
  move(prod, "img_1", {40});
  EXPECT_EQ(recent(prod, {{0}, 8}), "img_3@40 img_2@30 ") << "what came back is live";
  EXPECT_EQ(recent(prod, {{31}, 8}), "img_3@40 ");
  EXPECT_EQ(recent(prod, {{40}, 8}), "img_3@40 ");
  EXPECT_EQ(recent(prod, {{41}, 8}), "");
  EXPECT_EQ(recent(prod, {{0}, 1}), "img_3@40 ");
  EXPECT_EQ(recent(prod, {{0}, 0}), "");
  EXPECT_EQ(recent(beta, {{0}, 8}), "");
  move(prod, "img_1", {50});
  EXPECT_EQ(recent(prod, {{0}, 8}), "img_3@40 img_2@30 ") << "released once more, it is no image of the past";
  move(prod, "img_2", {60});
  EXPECT_EQ(recent(prod, {{0}, 8}), "img_1@60 img_3@40 ") << "each once, by when it was live for the last time";
  must_write([](Session& s) { return delete_image(s, "img_3"); });
  must_write([](Session& s) { return set_encoding_state(s, "img_1", "gzip"); });
  EXPECT_EQ(recent(prod, {{0}, 8}), "img_1@60 ");
  EXPECT_EQ(must_read([&](Session& s) { return list_recent_images(s, prod, {{0}, 8}); }).front().stage, "gzip");
  EXPECT_EQ(RecentRule::of_last(std::chrono::milliseconds(0), {100}).places, 0);
  EXPECT_EQ(RecentRule::of_last(std::chrono::milliseconds(30), {100}).left_since.unix_ms, 70);
}

TEST_P(Records, WalkingBackSkipsImagesThatAreGone) {
  add_account("usr_a");
  add_project("prj_a", "usr_a");
  add_image("img_1", "prj_a");
  add_image("img_2", "prj_a");
  std::int64_t first = add_release("prj_a", "prod", "img_1");
  std::int64_t second = add_release("prj_a", "prod", "img_2");
  must_write([](Session& s) { return s.execute("DELETE FROM images WHERE id = 'img_2'"); });
  EXPECT_EQ(must_read([&](Session& s) { return find_earlier_deploy(s, "prj_a", "prod", second + 1, ""); })->seq, first);
  EXPECT_EQ(must_read([](Session& s) { return count_images_released_to(s, "prj_a", "prod"); }), 1);
}

TEST_P(Records, ChangeFeedTellsTheNewestChangeOfEachProject) {
  EXPECT_EQ(must_read([](Session& s) { return newest_change(s); }), 0);
  auto change = [&](std::string_view project) {
    return must_write([&](Session& s) { return insert_change(s, project); });
  };
  std::int64_t first = change("prj_a");
  change("prj_b");
  std::int64_t last = change("prj_a");
  EXPECT_GT(last, first);
  EXPECT_EQ(must_read([](Session& s) { return newest_change(s); }), last);
  std::string told;
  must_read([&](Session& s) {
    return each_change_after(s, first, [&](std::int64_t, std::string_view id) { told += std::string(id) + " "; });
  });
  EXPECT_EQ(told, "prj_b prj_a ");
}

TEST_P(Records, ChangeFeedNeverCountsBackwards) {
  std::int64_t first = must_write([](Session& s) { return insert_change(s, "prj_a"); });
  must_write([](Session& s) { return s.execute("DELETE FROM changes"); });
  reopen();
  EXPECT_GT(must_write([](Session& s) { return insert_change(s, "prj_a"); }), first);
}

TEST_P(Records, SettingIsReplaced) {
  EXPECT_FALSE(must_read([](Session& s) { return find_setting(s, "instance"); }));
  must_write([](Session& s) { return put_setting(s, "instance", "a"); });
  must_write([](Session& s) { return put_setting(s, "instance", "b"); });
  EXPECT_EQ(must_read([](Session& s) { return find_setting(s, "instance"); }), "b");
}

TEST_P(Records, DeletingAnAccountLeavesNothingOfIt) {
  add_account("usr_a");
  add_project("prj_a", "usr_a");
  add_image("img_1", "prj_a");
  add_release("prj_a", "prod", "img_1");
  Blob blob = add_blob("x");
  must_write([&](Session& s) -> Result<void> {
    SITEPOD_TRY(upsert_environment(s, {"prj_a", "prod", "img_1", "", 0, 0, {1}}));
    SITEPOD_TRY(grant_blob(s, "usr_a", blob.sha256));
    SITEPOD_TRY(insert_plan(s, {"plan_a", "prj_a", "usr_a", "entries", 0, "", "", {}, {1}, {2}, ""}));
    SITEPOD_TRY(
        insert_token(s, {"tok_a", sha256("s"), "usr_a", "", "api", "", "", "", {}, std::nullopt, std::nullopt}));
    return {};
  });
  must_write([](Session& s) { return s.execute("DELETE FROM accounts WHERE id = 'usr_a'"); });
  for (std::string table :
       {"projects", "images", "environments", "releases", "plans", "plan_entries", "tokens", "blob_accounts"}) {
    std::int64_t rows = -1;
    must_read([&](Session& s) {
      return s.query("SELECT count(*) FROM " + table, {}, [&](const Row& row) {
        rows = row.integer(0);
        return true;
      });
    });
    EXPECT_EQ(rows, 0) << table;
  }
  EXPECT_TRUE(must_read([&](Session& s) { return find_blob(s, blob.sha256); }));
}

}  // namespace
}  // namespace sitepod::meta
