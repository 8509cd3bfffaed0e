// The words of the client with their options, as the argument library reads them. Main thread.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/command.hpp"
#include "cli/command_tree.hpp"
#include "cli/console.hpp"
#include "cli/settings.hpp"

namespace sitepod::cli {

// What was given on the command line.
struct Arguments {
  ConsoleFlags console;
  ServerFlags server;
  DeployOptions deploy;
  RollbackOptions rollback;
  HistoryOptions history;
  InitOptions init;
  OpenOptions open;
  ConsoleOptions web;
  CompletionOptions completion;
  ImportOptions old_folder;
  PreviewOptions preview;
  TokenOptions token;
  DomainOptions domain;
  TrafficOptions traffic;
  DeleteOptions remove;
  PublishOptions publish;
  DevOptions dev;
  BuildOptions build;
  PagesOptions pages;
  ExportOptions exporting;
  bool ignored = false;

  using Command = Result<void> (*)(Context&, const Arguments&);
  Command command = nullptr;  // the one that was asked for
  // What a word does when it is read.
  auto choose(Command chosen) {
    return [this, chosen] { command = chosen; };
  }
};

// Makes `app` read into `arguments`, which must outlive it.
void add_words(::CLI::App& app, Arguments& arguments);

// The same words as data, for completions and the manual page.
CommandTree describe(const ::CLI::App& app);

}  // namespace sitepod::cli
