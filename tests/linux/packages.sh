# SPDX-License-Identifier: GPL-3.0-or-later
# Debian's packages unpacked, not installed: what the scripts that make guests share. To be sourced.
# apt gets a state of its own, so that neither the host's list of architectures nor its package lists are touched.

# apt_begin <architecture> <folder>: lists of that architecture's packages, from the host's mirrors. From here on apt means these.
apt_begin() {
	local arch=$1 apt=$2
	rm -rf "$apt"
	mkdir -p "$apt"/{state/lists/partial,cache/archives/partial,debs} || return
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

# apt_fetch <folder of apt_begin> <package>...: their .deb files into its debs/
apt_fetch() {
	local apt=$1
	shift
	(cd "$apt/debs" && apt-get -q download "$@")
}

# unpack <package's file> <folder> <pattern>...: the files whose names in the package match
unpack() {
	local deb=$1 folder=$2
	shift 2
	mkdir -p "$folder" || return
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$folder" --wildcards "$@"
}
