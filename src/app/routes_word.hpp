// `sitepod routes`: every endpoint of this version with the rule of who may call it, for reviews and for the test that
// tries each as everybody.
#pragma once

namespace sitepod::app {

int run_routes(int argc, char** argv);

}  // namespace sitepod::app
