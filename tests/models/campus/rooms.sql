SELECT group_number, room_name, room_seats FROM room
