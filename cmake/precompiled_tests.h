// As precompiled_standard.h, for tests.
#pragma once

#include <gtest/gtest.h>

#include "precompiled_standard.h"
