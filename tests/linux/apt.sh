# SPDX-License-Identifier: GPL-3.0-or-later
# For scripts that take files out of Debian packages without installing them: source it. apt gets a state of its own in a folder, so
# that neither the host's list of architectures nor its package lists are touched.

# apt_begin <folder> <architecture>: until apt_end, apt's commands are about that architecture; packages come into
# <folder>/debs, and are unpacked to <folder>/files.
apt_begin() {
	local apt=$1 arch=$2
	rm -rf "$apt"
	mkdir -p "$apt"/{state/lists/partial,cache/archives/partial,debs,files} || return
	: >"$apt/status"
	cat >"$apt/apt.conf" <<-EOT
		APT::Architecture "$arch";
		#clear APT::Architectures;
		APT::Architectures { "$arch"; };
		APT::Sandbox::User "$(id -un)";
		Acquire::Retries "3";
		Acquire::Languages "none";
		Dir::State "$apt/state";
		Dir::State::status "$apt/status";
		Dir::Cache "$apt/cache";
	EOT
	export APT_CONFIG=$apt/apt.conf
	# A list that could not be had need not be the one the packages are in.
	apt-get -q update || true
}

# apt_fetch <folder> <package>...: their files, into <folder>/debs
apt_fetch() {
	local apt=$1
	shift
	(cd "$apt/debs" && apt-get -q download "$@")
}

# unpack <package's file> <folder> <pattern>...: the files whose names in the package match
unpack() {
	local deb=$1 folder=$2
	shift 2
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$folder" --wildcards "$@"
}

# apt_end <folder>
apt_end() {
	unset APT_CONFIG
	rm -rf "$1"
}
