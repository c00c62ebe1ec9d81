module orrery/tests/host/go

go 1.24
