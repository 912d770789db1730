# SPDX-License-Identifier: GPL-3.0-or-later
# Bootable raw disks out of plain files: no loop device and no root. To be sourced.

SECTOR_BYTES=512
ALIGNMENT_SECTORS=2048 # 1 MiB; partitions are whole MiBs
GRUB=(biosdisk part_msdos ext2) # what GRUB needs to find its other modules; core.img must fit before the first partition

# put_grub <GRUB's i386-pc folder> <root tree>: modules into a tree that becomes the first partition; grub.cfg comes from stdin
put_grub() {
	mkdir -p "$2/boot/grub/i386-pc" || return
	cp "$1"/*.mod "$1"/*.lst "$2/boot/grub/i386-pc" || return
	cat >"$2/boot/grub/grub.cfg"
}

# make_partition <image> <size, as truncate's> <mke2fs's type> [root tree]
make_partition() {
	rm -f "$1"
	truncate -s "$2" "$1" || return
	mke2fs -q -F -t "$3" -E root_owner=0:0 ${4:+-d "$4"} "$1"
}

# join_disk <GRUB's i386-pc folder> <image> <partition's image>...: partitions one after another, GRUB in the MBR and behind it
join_disk() {
	local grub=$1 image=$2 part sectors start=$ALIGNMENT_SECTORS table=
	shift 2
	for part; do
		sectors=$(($(stat -c %s "$part") / SECTOR_BYTES))
		table+="$start,$sectors,L"$'\n'
		start=$((start + sectors))
	done
	rm -f "$image"
	truncate -s $((start * SECTOR_BYTES)) "$image" || return
	sfdisk -q --no-reread --no-tell-kernel "$image" <<<"$table" || return
	start=$ALIGNMENT_SECTORS
	for part; do
		dd if="$part" of="$image" bs=1M seek=$((start * SECTOR_BYTES / (1 << 20))) conv=sparse,notrunc status=none || return
		start=$((start + $(stat -c %s "$part") / SECTOR_BYTES))
	done
	grub-mkimage -O i386-pc -d "$grub" -p '(hd0,msdos1)/boot/grub' -o "$image.core" "${GRUB[@]}" || return
	# boot.img without its patches means: core.img from sector 1 of the drive that the firmware booted from. 440 bytes, then come
	# the disk's signature and the partitions.
	dd if="$grub/boot.img" of="$image" bs=440 count=1 conv=notrunc status=none || return
	dd if="$image.core" of="$image" bs=$SECTOR_BYTES seek=1 conv=notrunc status=none || return
	rm -f "$image.core"
}
